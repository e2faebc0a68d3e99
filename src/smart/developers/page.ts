// The page for those who write apps: addresses, registration, and examples to copy. https://hl7.org/fhir/smart-app-launch/
import type { Language } from '../../fhir/outcome.ts'
import { describePurpose } from '../describe/purposes.ts'
import { type Html, html } from '../pages/html.ts'
import { capitalise } from '../pages/parts.ts'
import { PURPOSE_SCOPE } from '../purpose.ts'
import type { SmartUrls } from '../urls.ts'
import * as examples from './examples.ts'
import { type RegistrationView, registrationForm } from './registration-form.ts'
import { TEXT } from './text.ts'

export interface DevelopersView extends RegistrationView {
  readonly urls: SmartUrls
}

/** Purposes that apps commonly state; every code below PurposeOfUse works the same. */
const PURPOSES = ['PATRQT', 'FAMRQT', 'TREAT', 'COC', 'HPAYMT', 'HOPERAT', 'PUBHLTH', 'HRESCH']

const SCOPES = [
  ['patient/Observation.rs', 'v2'],
  ['patient/*.read', 'v1'],
  [
    'patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory',
    'part',
  ],
  ['user/Condition.cruds', 'user'],
  ['system/Patient.rs', 'system'],
  ['openid fhirUser', 'identity'],
  ['launch/patient', 'patient'],
  ['offline_access', 'offline'],
] as const

/** Returns title and body of the page. */
export function developersPage(view: DevelopersView, language: Language): { title: string; body: Html } {
  const text = TEXT[language]
  const { urls } = view
  return {
    title: text.title,
    body: html`<div class="wide">
<p>${text.lead}</p>
<h2 id="endpoints">${text.endpoints}</h2>
${endpoints(urls, language)}
${example(text.discovery, examples.discovery(urls), language)}
<h2 id="register">${text.register}</h2>
<p>${text.modes[view.mode]}</p>
${example(text.byProtocol, examples.registration(urls), language)}
${example(text.byCommand, examples.command(), language)}
${registrationForm(view, urls, language)}
<h2 id="scopes">${text.scopes}</h2>
<p>${text.scopesLead}</p>
<div class="scroll"><table><thead><tr><th scope="col">${text.scope}</th><th scope="col">${text.meaning}</th></tr></thead>
<tbody>${SCOPES.map(([scope, key]) => html`<tr><th scope="row"><code>${scope}</code></th><td>${text.meanings[key]}</td></tr>`)}</tbody></table></div>
<h2 id="purposes">${text.purposes}</h2>
<p>${text.purposesLead}</p>
<div class="scroll"><table><thead><tr><th scope="col">${text.scope}</th><th scope="col">${text.meaning}</th></tr></thead>
<tbody>${PURPOSES.map((code) => html`<tr><th scope="row"><code>${PURPOSE_SCOPE}${code}</code></th><td>${capitalise(describePurpose(code, language))}</td></tr>`)}</tbody></table></div>
<h2 id="launch">${text.launch}</h2>
<p>${text.launchLead}</p>
${example(text.authorize, examples.authorization(urls), language)}
${example(text.exchange, examples.exchange(urls), language)}
${example(text.read, examples.read(urls), language)}
${example(text.refresh, examples.refresh(urls), language)}
<h3>${text.ehr}</h3>
<p>${text.ehrLead}</p>
${example(text.ehrUrl, examples.ehrLaunch(urls), language)}
${example(text.ehrStart, examples.startLaunch(urls), language)}
<h2 id="backend">${text.backend}</h2>
<p>${text.backendLead}</p>
${example(text.metadata, examples.backendMetadata(), language)}
${example(text.assertion, examples.assertion(urls), language)}
${example(text.backendToken, examples.backendToken(urls), language)}
</div>`,
  }
}

function endpoints(urls: SmartUrls, language: Language): Html {
  const rows = [
    [TEXT[language].base, urls.base],
    ['authorization_endpoint', urls.authorize],
    ['token_endpoint', urls.token],
    ['registration_endpoint', urls.register],
    ['introspection_endpoint', urls.introspect],
    ['revocation_endpoint', urls.revoke],
    ['userinfo_endpoint', urls.userinfo],
    ['jwks_uri', urls.jwks],
    ['management_endpoint', urls.manage],
  ] as const
  return html`<div class="scroll"><table><thead><tr><th scope="col">${TEXT[language].name}</th><th scope="col">URL</th></tr></thead>
<tbody>${rows.map(([name, url]) => html`<tr><th scope="row">${name}</th><td><code>${url}</code></td></tr>`)}</tbody></table></div>`
}

// A script of ours puts a button there that copies it.
function example(title: string, code: string, language: Language): Html {
  const { copy, copied } = TEXT[language]
  return html`<p class="caption">${title}</p>
<div class="example" data-copy="${copy}" data-copied="${copied}"><pre tabindex="0" role="region" aria-label="${title}"><code>${code}</code></pre></div>`
}
