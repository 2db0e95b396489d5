"""What the web pages of agent and hub share: the guard in front of every address."""
