package main

import (
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

const extraFields = 20

// registerExtra adds services that only reflection shows, each from a file of its own.
func registerExtra(server *grpc.Server, count int) error {
	for number := range count {
		file, err := protodesc.NewFile(extraFile(number), protoregistry.GlobalFiles)
		if err != nil {
			return err
		}
		if err := protoregistry.GlobalFiles.RegisterFile(file); err != nil {
			return err
		}
		service := file.Services().Get(0)
		server.RegisterService(&grpc.ServiceDesc{
			ServiceName: string(service.FullName()),
			Methods:     []grpc.MethodDesc{{MethodName: string(service.Methods().Get(0).Name())}},
			Metadata:    file.Path(),
		}, nil)
	}
	return nil
}

// extraFile is a file with one service, one method and its message.
func extraFile(number int) *descriptorpb.FileDescriptorProto {
	name := protoreflect.FullName(fmt.Sprintf("rpcx.extra%d", number))
	message := &descriptorpb.DescriptorProto{Name: proto.String("Thing")}
	for field := range extraFields {
		message.Field = append(message.Field, &descriptorpb.FieldDescriptorProto{
			Name:   proto.String(fmt.Sprintf("part_%d", field)),
			Number: proto.Int32(int32(field + 1)),
			Type:   descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label:  descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		})
	}
	thing := proto.String("." + string(name.Append("Thing")))
	return &descriptorpb.FileDescriptorProto{
		Name:        proto.String(fmt.Sprintf("rpcx/extra%d.proto", number)),
		Package:     proto.String(string(name)),
		Syntax:      proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{message},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Things"),
			Method: []*descriptorpb.MethodDescriptorProto{{
				Name: proto.String("Get"), InputType: thing, OutputType: thing,
			}},
		}},
	}
}
