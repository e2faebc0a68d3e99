// What the server is made of, wired once in app.ts and handed to every interaction and operation.
import type { AccessContext } from '../access/access.ts'
import type { Label } from '../access/labels.ts'
import type { Change } from '../access/plan.ts'
import type { CompileParams, Policy } from '../access/policy.ts'
import type { Principal } from '../access/principal.ts'
import type { Governance } from '../consent/governance.ts'
import type { Canonicals } from '../fhir/canonicals.ts'
import type { Definitions } from '../fhir/definitions.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Terminology } from '../fhir/terminology.ts'
import type { Validate } from '../fhir/validation.ts'
import type { ParameterState } from '../search/custom.ts'
import type { IndexEntry } from '../search/query.ts'
import type { Store } from '../store/store.ts'
import type { IndexFor } from './index-for.ts'
import type { OperationOf } from './operation-of.ts'
import type { SearchParameters } from './search-parameters.ts'

/** The settings that interactions read; `config.ts` fills them from the environment. */
export interface Settings {
  /** Absolute, without a slash at the end: what `fullUrl`, `Location` and every link begin with. */
  readonly baseUrl: string
  /** IANA zone of dates without an offset. */
  readonly timeZone: string
  /** Bytes. */
  readonly maxBody: number
  readonly maxBundle: number
  /** Resources on a page: where not asked, and at most. */
  readonly defaultCount: number
  readonly maxCount: number
  /** Milliseconds. */
  readonly pageLinkTtl: number
  /** The least number that secondary use is told (U6). */
  readonly leastCount: number
  /** `Organization/…`: whose data it is where nothing else is said. */
  readonly organization: string
  /** Whether accesses and provisions are written to the journal. */
  readonly audit: boolean
  /** Days within which a break-glass access is to be reviewed (B2). */
  readonly breakGlassReviewDays: number
}

export interface AppContext {
  readonly store: Store
  readonly definitions: Definitions
  readonly terminology: Terminology
  /** What was posted beside R4's own; `definitions` and `indexer` hold it already and change with it. */
  readonly searchParameters: SearchParameters
  /** Whether a search may use a parameter yet. */
  readonly parameterState: (type: string, code: string) => ParameterState
  /** Index entries of a resource, all but `_lastUpdated`. */
  readonly indexer: (resource: Resource) => IndexEntry[]
  /** The same with its facets, and what it puts on record. */
  readonly indexFor: IndexFor
  /** Labels a resource that is to be stored. */
  readonly label: Label
  /** Called with what has been stored: labels reach what refers to it. */
  readonly onStored: (changes: readonly Change[]) => Promise<void>
  /** What governs access beside the records of persons. */
  readonly governance: () => Promise<Governance>
  /** What `openAccess` works with: for questions about another's access. */
  readonly access: AccessContext
  /** Resolves to the issues of a resource by every rule known here; without an error it may be stored. */
  readonly validate: Validate
  /** Issues of its structure alone: of what is read and not stored (Parameters, the envelope of a Bundle). */
  readonly checkStructure: (resource: unknown) => readonly Issue[]
  /** Definitions beside R4's own. */
  readonly canonicals: Canonicals
  /** Reads them again after this process has changed them by another way than a commit of resources. */
  readonly refreshCanonicals: () => Promise<void>
  /** The policy of a principal for one request: by what stands now. */
  readonly policyFor: (principal: Principal) => Promise<Policy>
  /** Turns the parameters of a granular scope into an Expr. */
  readonly compileParams: CompileParams
  /** What answers to `$name`; the CapabilityStatement lists the same. */
  readonly operations: readonly OperationOf<AppContext>[]
  /** 32 bytes that seal page links; the same for every process on one store. */
  readonly pageKey: Uint8Array
  /** Addresses of the authorization server, by the names that the CapabilityStatement gives them. */
  readonly oauthUris: Readonly<Record<'authorize' | 'token' | 'introspect' | 'revoke' | 'manage', string>>
  readonly settings: Settings
}
