"""Looking inside: proxies, logit weights, interventions, dashboards."""
