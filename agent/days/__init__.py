"""Values of a day: the roster, imported sleep and activity, the journal. Importers, and the store on this machine."""
