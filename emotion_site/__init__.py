from emotion_site import offline as offline  # before any library is imported
