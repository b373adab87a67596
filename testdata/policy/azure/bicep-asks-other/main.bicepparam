using './main.bicep'
param env = 'test'
