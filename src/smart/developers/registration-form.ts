// A test app is registered from the page itself: the same metadata, the same checks. https://www.rfc-editor.org/rfc/rfc7591
import type { Language } from '../../fhir/outcome.ts'
import type { SmartSettings } from '../context.ts'
import type { Form } from '../form.ts'
import { type Html, html } from '../pages/html.ts'
import { actions, button, facts, form, notice } from '../pages/parts.ts'
import type { SmartUrls } from '../urls.ts'

export interface RegistrationView {
  readonly mode: SmartSettings['registration']
  readonly csrf: string
  /** The form as it was posted, with what is wrong with it (in English: it is about names of the protocol). */
  readonly filled?: Form
  readonly error?: string
  readonly registered?: { readonly id: string; readonly status: string; readonly secret?: string }
}

const TEXT = {
  en: {
    title: 'Register a test app here',
    name: 'Name',
    redirect: 'Redirect URI',
    scope: 'Scopes, separated by spaces',
    method: 'Kind of client',
    public: 'Public: a browser or phone app, no secret',
    secret: 'Confidential: a server that keeps a secret',
    submit: 'Register',
    wrong: 'Not registered',
    done: 'The app is registered.',
    pending: 'The app is registered and waits for the approval of the operator.',
    id: 'Client ID',
    shown: 'Client secret (shown this once)',
  },
  ja: {
    title: 'テスト用アプリをここで登録する',
    name: '名前',
    redirect: 'リダイレクト URI',
    scope: 'スコープ（空白区切り）',
    method: 'クライアントの種類',
    public: 'パブリック：ブラウザーやスマートフォンのアプリ（シークレットなし）',
    secret: 'コンフィデンシャル：シークレットを保管できるサーバー',
    submit: '登録する',
    wrong: '登録されませんでした',
    done: 'アプリを登録しました。',
    pending: 'アプリを登録しました。運営者の承認をお待ちください。',
    id: 'クライアント ID',
    shown: 'クライアントシークレット（表示は今回だけ）',
  },
} as const

const STANDARD: Form = {
  client_name: 'Test app',
  redirect_uri: 'http://localhost:8080/callback',
  scope: 'launch/patient openid fhirUser offline_access patient/Observation.rs',
}

/** Returns the form, with what came of it; nothing where registration is closed. */
export function registrationForm(view: RegistrationView, { rootPath }: SmartUrls, language: Language): Html {
  const text = TEXT[language]
  const { mode, csrf, error, registered, filled = STANDARD } = view
  if (mode === 'closed') return html``
  const isPublic = filled['token_endpoint_auth_method'] !== 'client_secret_basic'
  return html`<h3 id="test-app">${text.title}</h3>
${registered && result(registered, language)}
${error !== undefined && notice('error', html`${text.wrong}: <span lang="en">${error}</span>`)}
${form(
  { action: `${rootPath}/developers/register#test-app`, csrf },
  html`${field('client_name', text.name, filled)}
${field('redirect_uri', text.redirect, filled)}
${field('scope', text.scope, filled)}
<label class="field">${text.method}<select name="token_endpoint_auth_method">
<option value="none"${isPublic && html` selected`}>${text.public}</option>
<option value="client_secret_basic"${!isPublic && html` selected`}>${text.secret}</option>
</select></label>
${actions(button('primary', text.submit))}`,
)}`
}

function field(name: string, label: string, filled: Form): Html {
  return html`<label class="field">${label}<input type="text" name="${name}" value="${filled[name]}" required autocomplete="off" spellcheck="false"></label>`
}

function result(
  { id, status, secret }: NonNullable<RegistrationView['registered']>,
  language: Language,
): Html {
  const text = TEXT[language]
  return html`${notice('success', status === 'active' ? text.done : text.pending)}
${facts([
  [text.id, html`<code>${id}</code>`],
  [text.shown, secret !== undefined && html`<code>${secret}</code>`],
])}`
}

/** Returns the client metadata that a posted form stands for. */
export function toMetadata(posted: Form): Readonly<Record<string, unknown>> {
  const { client_name, redirect_uri, scope, token_endpoint_auth_method } = posted
  return {
    client_name,
    redirect_uris: redirect_uri === undefined ? [] : [redirect_uri],
    scope,
    token_endpoint_auth_method,
    grant_types: ['authorization_code', 'refresh_token'],
  }
}
