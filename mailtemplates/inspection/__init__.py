"""Templates and files judged: samples and variants rendered, findings placed in the template."""
