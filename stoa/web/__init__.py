"""What all APIs share at the edge: reading a request without ever failing, and answering."""
