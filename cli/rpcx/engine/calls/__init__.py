"""The engine of unary calls: parts, loops, and what divides a plan."""
