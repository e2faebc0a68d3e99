// Parts that pages of people share: the hidden fields of forms, the passkey form and the buttons of providers.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Language } from '../../fhir/outcome.ts'
import type { SmartContext } from '../context.ts'
import { CSRF_FIELD, toCsrfToken } from '../csrf.ts'
import { type KnownIssuer, nameOfIssuer } from '../issuers/login-issuer.ts'
import { type Html, html } from '../pages/html.ts'

const TEXT = {
  en: {
    failed: 'The passkey could not be used. Try again, or use another way.',
    login: (name: string) => `Continue with ${name}`,
    link: (name: string) => `Link ${name}`,
  },
  ja: {
    failed: 'パスキーを使えませんでした。もう一度試すか、別の方法を選んでください。',
    login: (name: string) => `${name}で続ける`,
    link: (name: string) => `${name}を登録`,
  },
} as const

/** Returns the hidden fields that every form of ours carries, with others of its own. */
export function hiddenFields(
  context: SmartContext,
  request: FastifyRequest,
  reply: FastifyReply,
  fields: Readonly<Record<string, string | undefined>> = {},
): Html {
  const all = Object.entries({ [CSRF_FIELD]: toCsrfToken(context, request, reply), ...fields })
  return html`${all.map(
    ([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`,
  )}`
}

export interface PasskeyForm {
  /** What the browser is asked to do; `assets/passkey.js` does it. */
  readonly use: 'login' | 'register'
  readonly action: string
  readonly label: string
  readonly hidden: Html
  readonly fields?: Html
}

/** Returns a form that a script shows where the browser knows passkeys. */
export function passkeyForm({ urls }: SmartContext, language: Language, form: PasskeyForm): Html {
  return html`<form method="post" action="${form.action}" class="passkey" data-passkey="${form.use}" data-options="${urls.issuer}/passkeys/options" hidden>
${form.hidden}
<input type="hidden" name="passkey" value="">
${form.fields}
<p><button type="submit">${form.label}</button></p>
<p class="error" role="alert" data-failed="${TEXT[language].failed}"></p>
</form>`
}

/** Returns a form with one button for each provider: to log in there, or to link it. */
export function issuerForms(
  { urls }: SmartContext,
  language: Language,
  issuers: readonly KnownIssuer[],
  hidden: Html,
  use: 'login' | 'link' = 'login',
): Html {
  return html`${issuers.map(
    (
      issuer,
    ) => html`<form method="post" action="${urls.issuer}/federated/${encodeURIComponent(issuer.id)}" class="provider">
${hidden}
<p><button type="submit">${TEXT[language][use](nameOfIssuer(issuer, language))}</button></p>
</form>`,
  )}`
}
