"""Plans in the formats others work with: spreadsheets, JSON, IATI, feeds."""
