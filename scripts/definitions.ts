// Compiles the R4 definitions and their validators into the cache that start-up reads; npm runs it behind every install.
import { loadDefinitions } from '../src/fhir/definitions.ts'
import { buildDefinitionsCache } from '../src/fhir/definitions-cache.ts'
import { buildValidatorCache } from '../src/fhir/validate/compile.ts'

buildDefinitionsCache()
buildValidatorCache(loadDefinitions())
