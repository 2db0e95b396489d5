"""What the web pages of agent and hub share: the guard in front of every address.

guard      headers of every answer, hosts, origins, buckets of requests
body       a request's body within its size and its time
protocol   the server: one HTTP/1.1 protocol that ends idle connections
"""
