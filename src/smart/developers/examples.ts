// Examples that can be copied as they stand: commands and requests with this server's own addresses.
import { ACT_REASON } from '../../consent/purposes.ts'
import type { SmartUrls } from '../urls.ts'

const REDIRECT = 'https://app.example.org/callback'
const SCOPE = 'launch/patient openid fhirUser offline_access patient/Observation.rs'

/** Returns the request for the discovery document. */
export function discovery({ base }: SmartUrls): string {
  return `curl ${base}/.well-known/smart-configuration`
}

/** Returns the request by which an app registers itself. https://www.rfc-editor.org/rfc/rfc7591 */
export function registration({ register }: SmartUrls): string {
  return `curl ${register} \\
  -H 'Content-Type: application/json' \\
  -d '{
    "client_name": "Heart Diary",
    "client_name#ja": "ハートダイアリー",
    "redirect_uris": ["${REDIRECT}"],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "${SCOPE}"
  }'`
}

/** Returns what the operator of the server runs instead. */
export function command(): string {
  return 'npx musubi client add metadata.json'
}

/** Returns the address to which an app sends the browser. https://hl7.org/fhir/smart-app-launch/app-launch.html */
export function authorization({ authorize, base }: SmartUrls): string {
  return `${authorize}
  ?response_type=code
  &client_id=CLIENT_ID
  &redirect_uri=${encodeURIComponent(REDIRECT)}
  &scope=${encodeURIComponent(SCOPE)}
  &state=RANDOM
  &aud=${encodeURIComponent(base)}
  &code_challenge=BASE64URL_OF_SHA256_OF_VERIFIER
  &code_challenge_method=S256`
}

/** Returns the request that turns a code into tokens. */
export function exchange({ token }: SmartUrls): string {
  return `curl ${token} \\
  -d grant_type=authorization_code \\
  -d client_id=CLIENT_ID \\
  -d code=CODE \\
  -d redirect_uri=${REDIRECT} \\
  -d code_verifier=VERIFIER`
}

/** Returns the request that renews an access token. */
export function refresh({ token }: SmartUrls): string {
  return `curl ${token} \\
  -d grant_type=refresh_token \\
  -d client_id=CLIENT_ID \\
  -d refresh_token=REFRESH_TOKEN`
}

/** Returns a request for data. */
export function read({ base }: SmartUrls): string {
  return `curl '${base}/Observation?code=http://loinc.org|8867-4' \\
  -H 'Authorization: Bearer ACCESS_TOKEN'`
}

/** Returns how an EHR launch reaches an app at its `launch_uri`. */
export function ehrLaunch({ base }: SmartUrls): string {
  return `https://app.example.org/launch?iss=${encodeURIComponent(base)}&launch=LAUNCH`
}

/** Returns the request by which a hospital's system gets the address that opens an app. */
export function startLaunch({ launch }: SmartUrls): string {
  return `curl ${launch} \\
  -H 'Authorization: Bearer ACCESS_TOKEN' \\
  -d client_id=CLIENT_ID \\
  -d patient=PATIENT_ID`
}

/** Returns metadata of a system without a user. https://hl7.org/fhir/smart-app-launch/backend-services.html */
export function backendMetadata(): string {
  return `{
  "client_name": "Laboratory",
  "grant_types": ["client_credentials"],
  "token_endpoint_auth_method": "private_key_jwt",
  "jwks_uri": "https://lab.example.org/jwks.json",
  "scope": "system/Observation.crus",
  "organization": "Organization/lab",
  "purposes": ["TREAT", "HOPERAT"]
}`
}

/** Returns claims of the assertion that a system signs. https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html */
export function assertion({ base, token }: SmartUrls): string {
  return `// header: { "alg": "ES384", "typ": "JWT", "kid": "KEY_ID" }
// extensions may be left out: then the first registered purpose counts
{
  "iss": "CLIENT_ID",
  "sub": "CLIENT_ID",
  "aud": "${token}",
  "jti": "RANDOM, NEVER THE SAME TWICE",
  "exp": NOW_IN_SECONDS + 240,
  "extensions": {
    "hl7-b2b": {
      "version": "1",
      "organization_id": "${base}/Organization/lab",
      "purpose_of_use": ["${ACT_REASON}#TREAT"]
    }
  }
}`
}

/** Returns the request by which a system asks for a token. */
export function backendToken({ token }: SmartUrls): string {
  return `curl ${token} \\
  -d grant_type=client_credentials \\
  -d scope=system/Observation.rs \\
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \\
  -d client_assertion=SIGNED_JWT`
}
