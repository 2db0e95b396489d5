"""The treaty between agent and hub: encoding, seal, messages, receipts, keys. See FORMAT.md."""
