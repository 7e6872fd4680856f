"""English dates as everybody reads them: Django's are American, in which 11/12 is November.

The short ones are for tables and lists. What programs read is written without these.
"""

DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
