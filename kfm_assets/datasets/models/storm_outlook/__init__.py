"""The storms to expect next year, as the newest model predicts them."""
