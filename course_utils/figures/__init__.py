"""Plotly figures in one theme."""
