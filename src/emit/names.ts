/** Names of a program made into P4 identifiers: letters, digits and underscores, no keywords, unique in their scope. */

const KEYWORDS = new Set(
  (
    'action actions abstract apply bool bit bitstring const control default else entries enum error exit extern exact ' +
    'false for header header_union if in inout int key list lpm match_kind type out package parser priority range ' +
    'return select size state string struct switch table ternary this transition true tuple typedef varbit valueset ' +
    'void accept reject start NoAction hdr meta standard_metadata packet main ' +
    'hash min max register counter meter random digest clone truncate verify assert assume log_msg mark_to_drop ' +
    'Register RegisterAction Hash Mirror Checksum Counter Meter Random Digest Resubmit invalidate'
  ).split(' '),
);

/** A P4 identifier close to `name`. */
export function identifier(name: string): string {
  const plain = name
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/_+$/, '')
    .replace(/^(?=[0-9])/, 'n');
  return plain === '' || KEYWORDS.has(plain) ? `${plain}_` : plain;
}

/** Gives out identifiers that are unique in one scope; the same name always gets the same one. */
export interface Scope {
  readonly nameOf: (name: string) => string;
  /** An identifier nobody has, close to `wanted`. */
  readonly fresh: (wanted: string) => string;
}

/** Kinds of things in a control, by the first word of their name in a scope, and the prefix they get. */
const PREFIXES: Readonly<Record<string, string>> = {
  table: '',
  action: 'do_',
  register: 'reg_',
  stateful: 'salu_',
  unit: 'hash_',
  hash: '',
  prepare: 'xor_',
};

function wantedName(name: string): string {
  const [kind, ...rest] = name.split(' ');
  return rest.length > 0 && kind in PREFIXES ? PREFIXES[kind] + rest.join(' ') : name;
}

export function createScope(reserved: readonly string[] = []): Scope {
  const taken = new Set(reserved);
  const given = new Map<string, string>();
  const fresh = (wanted: string) => {
    const base = identifier(wanted);
    let made = base;
    for (let n = 2; taken.has(made); n++) made = `${base}_${n}`;
    taken.add(made);
    return made;
  };
  const nameOf = (name: string) => {
    const known = given.get(name);
    if (known !== undefined) return known;
    const made = fresh(wantedName(name));
    given.set(name, made);
    return made;
  };
  return { nameOf, fresh };
}
