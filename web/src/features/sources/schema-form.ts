/**
 * In: the JSON Schema of a source kind. Out: fields to draw, and what was typed turned back into settings. Called by: SourceForm.
 * It knows what our connectors' schemas use (strings, numbers, booleans, choices, lists of strings); anything else is edited as JSON,
 * so that a new connector never meets a form that cannot hold its settings.
 */
import { kindName, platformName } from '../../ui/labels.ts';

export type FieldKind = 'text' | 'secret' | 'url' | 'integer' | 'number' | 'boolean' | 'choice' | 'lines' | 'json';

export interface SchemaField {
  name: string;
  label: string;
  hint: string;
  kind: FieldKind;
  required: boolean;
  /** What is stored, and the words for it. */
  choices: { value: string; label: string }[];
  /** Seldom changed: folded away. */
  advanced: boolean;
  initial: string | boolean;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An optional value may be written as `anyOf [X, null]`; the form shows X. */
function plain(schema: Json): Json {
  const options = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(options)) return schema;
  const real = options.filter(isObject).filter((o) => o['type'] !== 'null');
  const only = real.length === 1 ? real[0] : undefined;
  return only ? { ...schema, anyOf: undefined, oneOf: undefined, ...only } : schema;
}

function kindOf(schema: Json, secret: boolean): FieldKind {
  if (Array.isArray(schema['enum'])) return 'choice';
  switch (schema['type']) {
    case 'boolean':
      return 'boolean';
    case 'integer':
      return 'integer';
    case 'number':
      return 'number';
    case 'array': {
      const items = schema['items'];
      return isObject(items) && items['type'] === 'string' ? 'lines' : 'json';
    }
    case 'string':
      return secret && schema['visible'] !== true ? 'secret' : schema['format'] === 'uri' ? 'url' : 'text';
    default:
      return 'json';
  }
}

/** The schema's own words, else those the product has for platforms and kinds of posts. */
function choicesOf(schema: Json): SchemaField['choices'] {
  const values = Array.isArray(schema['enum']) ? schema['enum'].map(String) : [];
  const words = isObject(schema['choices']) ? schema['choices'] : {};
  return values.map((value) => ({ value, label: textOf(words[value]) || platformName(kindName(value)) }));
}

function show(kind: FieldKind, value: unknown): string | boolean {
  if (kind === 'boolean') return value === true;
  if (value === undefined || value === null) return '';
  if (kind === 'lines') return Array.isArray(value) ? value.map(String).join('\n') : '';
  if (kind === 'json') return JSON.stringify(value, null, 2);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** @param current settings as they are; credentials are never known, so their fields start empty. */
export function fieldsOf(schema: Json, current: Json, secret: boolean): SchemaField[] {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(properties).flatMap(([name, raw]) => {
    if (!isObject(raw)) return [];
    const field = plain(raw);
    const kind = kindOf(field, secret);
    const description = textOf(field['description']);
    return [
      {
        name,
        label: textOf(field['title']) || description || name,
        hint: textOf(field['title']) ? description : '',
        kind,
        // A field with a default may be left empty: the connector fills it in.
        required: required.includes(name) && field['default'] === undefined,
        choices: choicesOf(field),
        advanced: field['advanced'] === true,
        initial: show(kind, secret ? undefined : (current[name] ?? field['default'])),
      },
    ];
  });
}

export interface Collected {
  values: Json;
  problems: Record<string, string>;
}

/**
 * @param saved required fields that may be left empty, because the server keeps what it has (credentials of a known source).
 */
export function collect(
  fields: readonly SchemaField[],
  typed: Readonly<Record<string, string | boolean>>,
  saved: readonly string[] = [],
): Collected {
  const values: Json = {};
  const problems: Record<string, string> = {};
  for (const field of fields) {
    const raw = typed[field.name] ?? '';
    if (typeof raw === 'boolean' || field.kind === 'boolean') {
      values[field.name] = raw === true;
      continue;
    }
    const text = raw.trim();
    if (text === '') {
      if (field.required && !saved.includes(field.name)) problems[field.name] = '请填写';
      continue;
    }
    switch (field.kind) {
      case 'integer':
      case 'number': {
        const n = Number(text);
        if (!Number.isFinite(n) || (field.kind === 'integer' && !Number.isInteger(n)))
          problems[field.name] = field.kind === 'integer' ? '请填整数' : '请填数字';
        else values[field.name] = n;
        break;
      }
      case 'lines':
        values[field.name] = text
          .split('\n')
          .map((line) => line.trim())
          .filter(Boolean);
        break;
      case 'json':
        try {
          values[field.name] = JSON.parse(text);
        } catch {
          problems[field.name] = '不是有效的 JSON';
        }
        break;
      case 'url':
        if (/^https?:\/\/\S+$/i.test(text)) values[field.name] = text;
        else problems[field.name] = '请填以 http:// 或 https:// 开头的网址';
        break;
      case 'choice':
        if (field.choices.some((c) => c.value === text)) values[field.name] = text;
        else problems[field.name] = '请从列表中选择';
        break;
      default:
        values[field.name] = text;
    }
  }
  return { values, problems };
}
