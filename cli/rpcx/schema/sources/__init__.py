"""Sources of descriptor files: reflection, descriptor sets, .proto files, what everybody has."""
