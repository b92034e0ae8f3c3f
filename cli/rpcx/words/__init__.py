"""Words: what people write and read, made safe, compared and named."""
