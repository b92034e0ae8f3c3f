"""The source form of a symbol, as protoc takes it back."""
