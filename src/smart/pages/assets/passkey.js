// Asks the browser for a passkey, or to make one, and sends what it answers with the form. https://www.w3.org/TR/webauthn-3/#sctn-parseCreationOptionsFromJSON
const forms = document.querySelectorAll('form[data-passkey]')
const isKnown =
  typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential

async function loadOptions(form) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, use: form.dataset.passkey })
  const answer = await fetch(form.dataset.options, { method: 'POST', body })
  if (!answer.ok) throw new Error(`options: ${answer.status}`)
  return answer.json()
}

async function ask(form) {
  const options = await loadOptions(form)
  return form.dataset.passkey === 'register'
    ? navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
      })
    : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
}

for (const form of isKnown ? forms : []) {
  const told = form.querySelector('[data-failed]')
  const button = form.querySelector('button')
  form.hidden = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    told.textContent = ''
    button.disabled = true
    try {
      form.elements.passkey.value = JSON.stringify((await ask(form)).toJSON())
      form.submit()
    } catch {
      told.textContent = told.dataset.failed
      button.disabled = false
    }
  })
}
