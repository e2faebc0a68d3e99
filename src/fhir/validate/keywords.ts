// The keyword `elements`: closed property names, cardinality, choices and primitives as generated code. https://ajv.js.org/keywords.html#define-keyword-with-code-generation-function
import { _, type Code, type CodeKeywordDefinition, type KeywordCxt, type Name } from 'ajv'
import { MAX_FAULTS, type StructureRule } from './faults.ts'
import type { NodeSchema, PropertySchema } from './schema.ts'

// What the code says is text for two compilations: the quick one stops at the first fault and keeps no words, the full
// one collects all. A property is looked at once: keys are walked, not the schema, as most elements are absent.

/** The one keyword; its value is `NodeSchema.elements`, the rest of the schema is read beside it. */
export const elements: CodeKeywordDefinition = {
  keyword: 'elements',
  type: 'object',
  schemaType: 'object',
  error: { message: '', params: ({ params }) => params.fault as Code },
  code: (cxt) => emitNode(cxt, cxt.parentSchema as NodeSchema),
}

function emitNode(cxt: KeywordCxt, schema: NodeSchema): void {
  const { gen, data } = cxt
  const choices = schema.choices.map(() => gen.let('choice'))
  const some = gen.let('some', _`false`)
  gen.forIn('key', data, (key) => {
    // A property that is undefined is not there when the resource is written.
    const value = gen.const('value', _`${data}[${key}]`)
    gen.if(_`${value} === undefined`, () => gen.code(_`continue`))
    gen.assign(some, _`true`)
    gen.code(_`switch (${key}) { default: ;`)
    emitFault(cxt, 'unknown', _`[]`, key)
    gen.code(_`break`)
    for (const [name, property] of Object.entries(schema.elements))
      emitCase(cxt, value, name, property, choices)
    gen.code(_`}`)
    if (cxt.allErrors) gen.if(_`errors > ${MAX_FAULTS}`, () => gen.break())
  })
  gen.if(_`!${some}`, () => emitFault(cxt, 'empty', _`[]`))
  emitDemands(cxt, schema, choices)
}

function emitDemands(cxt: KeywordCxt, schema: NodeSchema, choices: readonly Name[]): void {
  const { gen, data } = cxt
  for (const name of schema.demands) {
    const companion = `_${name}` in schema.elements ? _`&& ${data}[${`_${name}`}] === undefined` : _``
    gen.if(_`${data}[${name}] === undefined ${companion}`, () => emitFault(cxt, 'demand', _`[]`, _`${name}`))
  }
  schema.choices.forEach(({ name, min }, at) => {
    if (min > 0)
      gen.if(_`${choices[at]} === undefined`, () => emitFault(cxt, 'demand', _`[]`, _`${`${name}[x]`}`))
  })
  // ext-1: a value or extensions, never both or neither.
  if (schema.$id === 'Extension') {
    gen.if(_`(${choices[0]} === undefined) === (${data}.extension === undefined)`, () =>
      emitFault(cxt, 'extension', _`[]`),
    )
  }
}

function emitCase(
  cxt: KeywordCxt,
  value: Name,
  name: string,
  property: PropertySchema,
  choices: readonly Name[],
): void {
  const { gen } = cxt
  gen.code(_`case ${name}: ;`)
  gen.block(() => {
    if (property.choice) emitChoice(cxt, choices[property.choice[0]]!, property.choice[1])
    if (property.list) emitRepeating(cxt, name, property, value)
    else if (property.primitive) emitPrimitive(cxt, property, value, _`[${name}]`)
    else if (property.is) emitLink(cxt, property, value, _`[${name}]`)
  })
  gen.code(_`break`)
}

function emitRepeating(cxt: KeywordCxt, name: string, property: PropertySchema, value: Name): void {
  if (property.primitive) emitPrimitiveList(cxt, name, property, value)
  else if (property.accompanies) emitCompanionList(cxt, name, property, value)
  else emitList(cxt, name, property, value)
}

function emitChoice(cxt: KeywordCxt, choice: Name, name: string): void {
  const { gen } = cxt
  gen.if(_`${choice} !== undefined && ${choice} !== ${name}`, () =>
    emitFault(cxt, 'choice', _`[]`, _`${name}`),
  )
  gen.assign(choice, _`${name}`)
}

function emitPrimitive(cxt: KeywordCxt, { primitive, codes }: PropertySchema, value: Name, path: Code): void {
  const fails = _`!${runtime(cxt, 'forms', primitive!)}(${value})`
  const branches: Branch[] = [[fails, () => emitFault(cxt, 'form', path, _`${primitive!}`)]]
  if (codes) {
    const unknown = _`!${runtime(cxt, 'codes', codes)}.has(${value})`
    branches.push([unknown, () => emitFault(cxt, 'code', path, _`${codes}`)])
  }
  emitIf(cxt, branches)
}

function emitLink(cxt: KeywordCxt, { is, codes }: PropertySchema, value: Name, path: Code): void {
  const link = runtime(cxt, 'link', is!)
  const errors = _`${helper(cxt, 'collect')}(vErrors, ${link}.check, ${path})`
  const branches: Branch[] = [[_`!${link}.check(${value})`, () => emitErrors(cxt, errors)]]
  if (codes) {
    const fails = _`!${helper(cxt, 'hasCoding')}(${value}, ${runtime(cxt, 'concepts', codes)})`
    branches.push([fails, () => emitFault(cxt, 'binding', path, _`${codes}`)])
  }
  emitIf(cxt, branches)
}

function emitList(cxt: KeywordCxt, name: string, property: PropertySchema, value: Name): void {
  const { min, max } = property.list!
  const branches: Branch[] = [
    [_`!Array.isArray(${value})`, () => emitFault(cxt, 'list', _`[${name}]`)],
    [_`${value}.length < ${min}`, () => emitFault(cxt, 'few', _`[${name}]`, _`${min}`)],
  ]
  if (max !== undefined)
    branches.push([_`${value}.length > ${max}`, () => emitFault(cxt, 'many', _`[${name}]`, _`${max}`)])
  emitIf(cxt, branches, () => {
    emitLoop(cxt, value, (i, item) => emitLink(cxt, property, item, _`[${name}, ${i}]`))
  })
}

function emitCompanionList(cxt: KeywordCxt, name: string, property: PropertySchema, value: Name): void {
  const { gen, data } = cxt
  const main = _`${data}[${property.accompanies!}]`
  emitFaults(cxt, name, _`${helper(cxt, 'findCompanionFaults')}(${value}, ${main})`)
  gen.if(_`Array.isArray(${value})`, () => {
    emitLoop(cxt, value, (i, item) =>
      gen.if(_`${item} !== null`, () => emitLink(cxt, property, item, _`[${name}, ${i}]`)),
    )
  })
}

function emitLoop(cxt: KeywordCxt, list: Name, body: (i: Name, item: Name) => void): void {
  const { gen } = cxt
  gen.forRange('i', 0, _`${list}.length`, (i) => {
    body(i, gen.const('item', _`${list}[${i}]`))
    if (cxt.allErrors) gen.if(_`errors > ${MAX_FAULTS}`, () => gen.break())
  })
}

type Branch = readonly [Code, () => void]

function emitIf({ gen }: KeywordCxt, branches: readonly Branch[], otherwise?: () => void): void {
  branches.forEach(([condition, body], at) => {
    if (at === 0) gen.if(condition)
    else gen.elseIf(condition)
    body()
  })
  if (otherwise) {
    gen.else()
    otherwise()
  }
  gen.endIf()
}

function emitPrimitiveList(cxt: KeywordCxt, name: string, property: PropertySchema, value: Name): void {
  const { gen, data } = cxt
  const { primitive, codes } = property
  const test = runtime(cxt, 'forms', primitive!)
  const companion = _`${data}[${`_${name}`}]`
  emitFaults(cxt, name, _`${helper(cxt, 'findListFaults')}(${value}, ${companion}, ${primitive!}, ${test})`)
  if (!codes) return
  gen.if(_`Array.isArray(${value})`, () =>
    emitLoop(cxt, value, (i, item) => {
      const known = _`${item} === null || !${test}(${item}) || ${runtime(cxt, 'codes', codes)}.has(${item})`
      gen.if(_`!(${known})`, () => emitFault(cxt, 'code', _`[${name}, ${i}]`, _`${codes}`))
    }),
  )
}

function emitFault(cxt: KeywordCxt, rule: StructureRule, path: Code, about?: Code | Name): void {
  if (!cxt.allErrors) {
    cxt.gen.code(_`return false`)
    return
  }
  const fault =
    about === undefined
      ? _`{path: ${path}, rule: ${rule}}`
      : _`{path: ${path}, rule: ${rule}, about: ${about}}`
  cxt.error(false, { fault })
}

function emitFaults(cxt: KeywordCxt, name: string, found: Code): void {
  const faults = cxt.gen.const('faults', found)
  const add = _`${helper(cxt, 'addFaults')}(vErrors, ${faults}, [${name}])`
  cxt.gen.if(_`${faults} !== undefined`, () => emitErrors(cxt, add))
}

function emitErrors(cxt: KeywordCxt, all: Code): void {
  if (!cxt.allErrors) {
    cxt.gen.code(_`return false`)
    return
  }
  cxt.gen.code(_`vErrors = ${all}`)
  cxt.gen.code(_`errors = vErrors.length`)
}

// Names that the generated text finds in the `runtime` it is handed (`compile.ts`).
function helper(cxt: KeywordCxt, name: string): Name {
  return cxt.gen.scopeValue('func', { key: name, ref: name, code: _`runtime[${name}]` })
}

function runtime(cxt: KeywordCxt, table: 'forms' | 'codes' | 'concepts' | 'link', name: string): Name {
  const key = `${table} ${name}`
  return cxt.gen.scopeValue('obj', { key, ref: key, code: _`runtime[${table}](${name})` })
}
