"""weeks"""
