// A growth chart as a SMART app: launched by a person or from a hospital's system. https://hl7.org/fhir/smart-app-launch/app-launch.html

const LOINC = 'http://loinc.org'
const SCOPE = 'openid fhirUser launch/patient offline_access patient/Patient.r patient/Observation.rs'

const TEXT = {
  en: {
    title: 'Growth and heart',
    names: { '29463-7': 'Weight', '8302-2': 'Height', '8867-4': 'Heart rate' },
    date: 'Date',
    none: 'Nothing was measured, or it was not shared with this app.',
    loading: 'Loading …',
    shown: (n) => `${n} measurements`,
    again: 'Load again',
    restart: 'Ask for access again',
    nameless: 'The name was not shared',
    born: 'born',
    gender: { male: 'male', female: 'female', other: 'other', unknown: '' },
    errors: {
      denied: 'Access was refused. Nothing was shared with this app.',
      ended: 'The access of this app has ended.',
      forbidden: 'This app may not see these measurements.',
      network: 'The server cannot be reached.',
      server: 'The server does not answer as it should. Try again later.',
      iss: 'This app does not work with the system that has started it.',
      start: 'This app has to be started first.',
      other: 'This app could not be started. Try again, or tell whoever runs it.',
    },
  },
  ja: {
    title: '成長と心拍',
    names: { '29463-7': '体重', '8302-2': '身長', '8867-4': '心拍数' },
    date: '日付',
    none: '測定値がないか、このアプリに渡されていません。',
    loading: '読み込んでいます…',
    shown: (n) => `測定値 ${n}件`,
    again: '再読み込み',
    restart: 'もう一度許可を求める',
    nameless: '名前は渡されていません',
    born: '生年月日',
    gender: { male: '男性', female: '女性', other: 'その他', unknown: '' },
    errors: {
      denied: '許可されませんでした。このアプリには何も渡されていません。',
      ended: 'このアプリのアクセスは終了しています。',
      forbidden: 'このアプリはこれらの測定値を見ることができません。',
      network: 'サーバーに接続できません。',
      server: 'サーバーが正しく応答しません。しばらくしてからやり直してください。',
      iss: 'このアプリは、起動元のシステムには対応していません。',
      start: 'まずアプリを起動してください。',
      other: 'アプリを起動できませんでした。やり直すか、アプリの運営者にお知らせください。',
    },
  },
}

const language = navigator.language.startsWith('ja') ? 'ja' : 'en'
const text = TEXT[language]
const $ = (id) => document.getElementById(id)

document.documentElement.lang = language
document.title = text.title
for (const each of document.querySelectorAll('[data-text]')) each.textContent = text[each.dataset.text]

// Asks for access; from a hospital's system the address holds iss and launch.
async function launch() {
  say(text.loading)
  const { clientId, iss } = await (await fetch('settings.json')).json()
  const asked = new URLSearchParams(location.search)
  // What somebody else's server is sent to is no business of this app: it knows one.
  if (asked.has('iss') && asked.get('iss') !== iss) throw failure('iss')
  await FHIR.oauth2.authorize({
    clientId,
    iss,
    scope: asked.has('launch') ? `launch ${SCOPE}` : SCOPE,
    redirectUri: 'index.html',
    pkceMode: 'required',
    // Without: the address before this one may have had another launch.
    ...(asked.has('launch') && { launch: asked.get('launch') }),
  })
}

async function open() {
  const asked = new URLSearchParams(location.search)
  if (asked.get('error') === 'access_denied') throw failure('denied')
  const isBegun = asked.has('code') || sessionStorage.getItem('SMART_KEY') !== null
  if (!isBegun) throw failure('start')
  const client = await FHIR.oauth2.ready()
  await dress(client.getState('tokenResponse.smart_style_url'))
  $('again').hidden = false
  $('again').addEventListener('click', () => show(client).catch(tell))
  await show(client)
}

async function show(client) {
  say(text.loading)
  $('restart').hidden = true
  $('charts').replaceChildren()
  const codes = Object.keys(text.names)
  const query = new URLSearchParams({
    patient: client.patient.id,
    code: codes.map((code) => `${LOINC}|${code}`).join(','),
    _sort: 'date',
    _count: '200',
  })
  const [patient, observations] = await Promise.all([
    readPatient(client),
    client.request(`Observation?${query}`, { pageLimit: 0, flat: true }),
  ])
  // A hospital's system that shows whose record it is says so; then a second banner would only take room.
  if (client.getState('tokenResponse.need_patient_banner') !== false) showBanner(patient)
  const series = codes.map((code) => toSeries(code, observations))
  say(text.shown(series.reduce((sum, { points }) => sum + points.length, 0)))
  $('charts').replaceChildren(...series.map(toSection))
}

// Who may not see the Patient may still see measurements.
async function readPatient(client) {
  try {
    return await client.request(`Patient/${client.patient.id}`)
  } catch (error) {
    if (error.status === 403 || error.status === 404) return undefined
    throw error
  }
}

function showBanner(patient) {
  const name = document.createElement('strong')
  name.textContent = patient ? toName(patient) : text.nameless
  const rest = document.createElement('span')
  const facts = [patient?.birthDate && `${text.born} ${patient.birthDate}`, text.gender[patient?.gender]]
  rest.textContent = facts.filter(Boolean).join(' · ')
  $('banner').replaceChildren(name, rest)
  $('banner').hidden = false
}

function toName({ name = [] }) {
  const best = name.find(({ use }) => use === 'official') ?? name[0] ?? {}
  const given = (best.given ?? []).join(' ')
  const parts = language === 'ja' ? [best.family, given] : [given, best.family]
  return best.text ?? parts.filter(Boolean).join(' ')
}

function toSeries(code, observations) {
  const points = observations.flatMap(({ code: { coding = [] } = {}, valueQuantity, ...rest }) => {
    const isOfCode = coding.some((each) => each.system === LOINC && each.code === code)
    const at = Date.parse(rest.effectiveDateTime ?? rest.effectivePeriod?.start ?? '')
    if (!isOfCode || valueQuantity?.value === undefined || Number.isNaN(at)) return []
    return [{ at, value: Number(valueQuantity.value), unit: valueQuantity.unit ?? valueQuantity.code ?? '' }]
  })
  return { code, name: text.names[code], points: points.sort((a, b) => a.at - b.at) }
}

function toSection({ code, name, points }) {
  const section = document.createElement('section')
  section.dataset.code = code
  const heading = document.createElement('h2')
  heading.textContent = name
  const none = document.createElement('p')
  none.textContent = text.none
  section.append(heading, ...(points.length === 0 ? [none] : [toChart(name, points), toTable(name, points)]))
  return section
}

const SVG = 'http://www.w3.org/2000/svg'
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [400, 200, 40, 24, 10]
const MARGIN = 12

function toChart(name, points) {
  const [first, last] = [points[0].at, points.at(-1).at]
  const values = points.map(({ value }) => value)
  const margin = Math.max(1, (Math.max(...values) - Math.min(...values)) * 0.15)
  const [low, high] = [Math.min(...values) - margin, Math.max(...values) + margin]
  const width = WIDTH - LEFT - 2 * MARGIN
  const x = (at) => LEFT + MARGIN + (last === first ? 0.5 : (at - first) / (last - first)) * width
  const y = (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - BOTTOM - TOP)
  const spots = points.map(({ at, value }) => [x(at), y(value)])
  const svg = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': name })
  svg.append(
    draw('line', { class: 'axis', x1: LEFT, y1: HEIGHT - BOTTOM, x2: WIDTH, y2: HEIGHT - BOTTOM }),
    draw('line', { class: 'axis', x1: LEFT, y1: TOP, x2: LEFT, y2: HEIGHT - BOTTOM }),
    draw('polyline', { class: 'line', points: spots.map((spot) => spot.join(',')).join(' ') }),
    ...spots.map(([cx, cy]) => draw('circle', { class: 'point', cx, cy, r: 3 })),
    ...[Math.min(...values), Math.max(...values)].map((value) =>
      draw('text', { x: LEFT - 6, y: y(value) + 5, 'text-anchor': 'end' }, String(value)),
    ),
    draw('text', { x: LEFT, y: HEIGHT - 6 }, toDay(first)),
    draw('text', { x: WIDTH, y: HEIGHT - 6, 'text-anchor': 'end' }, first === last ? '' : toDay(last)),
  )
  return svg
}

function draw(name, attributes, content) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  if (content !== undefined) element.textContent = content
  return element
}

function toTable(name, points) {
  const table = document.createElement('table')
  table.setAttribute('aria-label', name)
  const head = table.createTHead().insertRow()
  for (const title of [text.date, `${name} (${points[0].unit})`]) {
    const cell = document.createElement('th')
    cell.scope = 'col'
    cell.textContent = title
    head.append(cell)
  }
  const body = table.createTBody()
  for (const { at, value, unit } of points.toReversed()) {
    const row = body.insertRow()
    row.insertCell().textContent = toDay(at)
    row.insertCell().textContent = unit === points[0].unit ? String(value) : `${value} ${unit}`
  }
  return table
}

function toDay(at) {
  return new Date(at).toLocaleDateString(language, { year: 'numeric', month: 'short', day: 'numeric' })
}

// How it should look beside the system that has started it; what is not a colour, a size or a font is not taken.
async function dress(url) {
  if (!url) return
  const style = await fetch(url).then(
    (reply) => reply.json(),
    () => ({}),
  )
  // Colours are those of a light page.
  document.documentElement.style.colorScheme = 'light'
  const PROPERTIES = { color: 'color', dim: 'width', font: 'font-family' }
  for (const [name, value] of Object.entries(style)) {
    const property = PROPERTIES[name.split('_')[0]]
    if (property && CSS.supports(property, value)) document.documentElement.style.setProperty(`--${name}`, value)
  }
}

function failure(kind) {
  return Object.assign(new Error(kind), { kind })
}

function say(sentence, isError = false) {
  $('message').textContent = sentence
  $('message').className = isError ? 'error' : ''
  $('message').setAttribute('role', isError ? 'alert' : 'status')
}

function tell(error) {
  console.warn(error)
  say(text.errors[toKind(error)], true)
  $('charts')?.replaceChildren()
  if ($('again')) $('restart').hidden = false
}

function toKind({ kind, status, name, message = '' }) {
  if (kind) return kind
  if (status === 401 || /invalid_grant/.test(message)) return 'ended'
  if (status === 403) return 'forbidden'
  if (status >= 500) return 'server'
  return name === 'TypeError' ? 'network' : 'other'
}

await (document.body.dataset.step === 'launch' ? launch() : open()).catch(tell)
