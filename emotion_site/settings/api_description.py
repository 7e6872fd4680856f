"""Title, description and tags of the OpenAPI schema."""

SPECTACULAR_SETTINGS = {
    "TITLE": "Emotion API",
    "DESCRIPTION": "Send voice clips and read the emotion that is heard in them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        # A clip has one more source than people can name when they submit one.
        "ClipSourceEnum": "classifier.models.Clip.Source",
        "ClipStatusEnum": "classifier.models.Clip.Status",
    },
}
