"""`--template`: what stands between {{ and }} in requests and headers, filled in call by call."""
