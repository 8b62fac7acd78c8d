"""What mail clients support, from caniemail."""
