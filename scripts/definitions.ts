// Compiles the R4 definitions into the cache that start-up reads; npm runs it behind every install.
import { buildDefinitionsCache } from '../src/fhir/definitions-cache.ts'

buildDefinitionsCache()
