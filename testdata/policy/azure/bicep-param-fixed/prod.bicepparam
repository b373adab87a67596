using './main.bicep'

param purge = true
