using './main.bicep'

param purge = false
