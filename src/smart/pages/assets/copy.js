// Puts a button on every example that copies it; without scripts the text can be selected as it stands.
for (const example of document.querySelectorAll('.example')) {
  const { copy, copied } = example.dataset
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = copy
  const status = document.createElement('span')
  status.className = 'visually-hidden'
  status.setAttribute('role', 'status')
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(example.querySelector('code').textContent)
    button.textContent = copied
    status.textContent = copied
    setTimeout(() => {
      button.textContent = copy
      status.textContent = ''
    }, 2000)
  })
  example.append(button, status)
}
