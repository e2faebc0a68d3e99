// The official examples that break R4 themselves, and why. https://hl7.org/fhir/R4/validation.html

const NO_BASE = { expression: 'SearchParameter', rule: 'SearchParameter.base is 1..*' }
const NO_STATUS = { expression: 'ImplementationGuide', rule: 'ImplementationGuide.status and name are 1..1' }

const NO_TEXT = (type: string) => ({
  expression: `${type}.text.div`,
  rule: 'txt-2: a narrative has some text or an image',
})
const NO_BASE_DEFINITION = {
  expression: 'StructureDefinition',
  rule: 'sdf-4: a structure that is not abstract has a baseDefinition',
}
const OTHER_URL = (entry: number) => ({
  expression: `Bundle.entry[${entry}].fullUrl`,
  rule: 'fullUrl names the resource of its entry: the id is another',
})

/** File → where it is refused first and what R4 rule it breaks. */
export const BROKEN: Readonly<Record<string, { readonly expression: string; readonly rule: string }>> = {
  'ActivityDefinition-blood-tubes-supply.json': NO_TEXT('ActivityDefinition'),
  'ActivityDefinition-heart-valve-replacement.json': NO_TEXT('ActivityDefinition'),
  'Basic-referral.json': {
    expression: 'Basic.modifierExtension[0]',
    rule: 'a modifier extension that nobody knows may change the meaning: it must be refused',
  },
  'Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json': OTHER_URL(2),
  'Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe.json': OTHER_URL(3),
  'Bundle-b0a5e4277-83c4-4adb-87e2-e3efe3369b6f.json': {
    expression: 'Bundle.entry[8].resource.payloadMimeType[0]',
    rule: 'BCP 13: spaces in a parameter of a media type stand in quotes',
  },
  'Bundle-dataelements.json': { expression: 'Bundle', rule: 'bdl-7: two entries of one fullUrl and version' },
  'Bundle-lri-example.json': OTHER_URL(1),
  'Bundle-v2-valuesets.json': {
    expression: 'Bundle.entry[814].resource.concept[74].code',
    rule: 'code: no white space at the end (a no-break space)',
  },
  'Bundle-valueset-expansions.json': {
    expression: 'Bundle.entry[354].resource.expansion.parameter[2].value',
    rule: 'uri: what follows urn:oid: is an OID, without a version',
  },
  'CodeSystem-v2-0550.json': {
    expression: 'CodeSystem.concept[74].code',
    rule: 'code: no white space at the end (a no-break space)',
  },
  'DeviceMetric-example.json': {
    expression: 'DeviceMetric.parent',
    rule: 'target: Device, not DeviceDefinition',
  },
  'DeviceUseStatement-example.json': {
    expression: 'DeviceUseStatement.reasonReference[0]',
    rule: 'target: Condition, Observation …, not Procedure',
  },
  'EventDefinition-example.json': NO_TEXT('EventDefinition'),
  'ImplementationGuide-fhir.json': NO_STATUS,
  'Library-zika-virus-intervention-logic.json': {
    expression: 'Library.dataRequirement[0].codeFilter[0].valueSet',
    rule: 'uri: what follows urn:oid: is an OID (X.Y.Z is none)',
  },
  'MedicationRequest-medrx0301.json': {
    expression: 'MedicationRequest.dispenseRequest.performer',
    rule: 'target: Organization, not Practitioner',
  },
  'Observation-clinical-gender.json': {
    expression: 'Observation.performer[0]',
    rule: 'target: a person or organisation, not Encounter',
  },
  'OrganizationAffiliation-orgrole1.json': {
    expression: 'OrganizationAffiliation.network[0]',
    rule: 'target: Organization (R4 has no Network)',
  },
  'Questionnaire-qs1.json': {
    expression: 'Questionnaire.item[0].item[0]',
    rule: 'Questionnaire.item.linkId is 1..1',
  },
  'Questionnaire-zika-virus-exposure-assessment.json': NO_TEXT('Questionnaire'),
  'SearchParameter-codesystem-extensions-CodeSystem-author.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-effective.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-end.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-keyword.json': NO_BASE,
  'SearchParameter-codesystem-extensions-CodeSystem-workflow.json': NO_BASE,
  'SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json': {
    expression: 'SearchParameter.id',
    rule: 'id: at most 64 characters (it has 67)',
  },
  'SearchParameter-valueset-extensions-ValueSet-author.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-effective.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-end.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-keyword.json': NO_BASE,
  'SearchParameter-valueset-extensions-ValueSet-workflow.json': NO_BASE,
  'StructureDefinition-Definition.json': NO_BASE_DEFINITION,
  'StructureDefinition-Event.json': NO_BASE_DEFINITION,
  'StructureDefinition-FiveWs.json': NO_BASE_DEFINITION,
  'StructureDefinition-Request.json': NO_BASE_DEFINITION,
  'ig-r4.json': NO_STATUS,
}
