"""Telling people by e-mail: the console where no mail server is configured."""
