import emotion_site  # noqa: F401  # keeps libraries from talking to their makers
