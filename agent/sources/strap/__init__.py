"""strap"""
