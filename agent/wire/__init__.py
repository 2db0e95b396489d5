"""The wire format between agent and hub: encoding, seal, messages, receipts, keys. See FORMAT.md."""
