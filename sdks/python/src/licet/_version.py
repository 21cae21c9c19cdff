VERSION = "0.1.0"
USER_AGENT = f"licet-python/{VERSION}"
