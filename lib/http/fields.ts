/** Header fields by lower-case name. The runtime's `Headers` are some, too. */
export interface Fields extends Iterable<[name: string, value: string]> {
  /** The value; several are joined by a comma (RFC 9110, section 5.3). */
  get(name: string): string | null;
  has(name: string): boolean;
  /** Replaces all values of this name. */
  set(name: string, value: string): void;
  append(name: string, value: string): void;
  delete(name: string): void;
  forEach(visit: (value: string, name: string) => void): void;
}

/** What a field's value may be made of (RFC 9110, section 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Header fields in the order of their lines. Names are given in lower case. */
export class FieldList implements Fields {
  readonly #names: string[];
  readonly #values: string[];

  /** @param names and values that have been checked, in pairs */
  constructor(names: string[] = [], values: string[] = []) {
    this.#names = names;
    this.#values = values;
  }

  get(name: string): string | null {
    let found: string | null = null;
    for (let i = 0; i < this.#names.length; i++) {
      if (this.#names[i] === name) found = found === null ? this.#values[i]! : `${found}, ${this.#values[i]}`;
    }
    return found;
  }

  has(name: string): boolean {
    return this.#names.includes(name);
  }

  set(name: string, value: string): void {
    this.delete(name);
    this.append(name, value);
  }

  append(name: string, value: string): void {
    if (!VALUE.test(value)) throw new TypeError(`The value of ${name} can't be sent`);
    this.#names.push(name);
    this.#values.push(value);
  }

  delete(name: string): void {
    for (let i = this.#names.length - 1; i >= 0; i--) {
      if (this.#names[i] !== name) continue;
      this.#names.splice(i, 1);
      this.#values.splice(i, 1);
    }
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (let i = 0; i < this.#names.length; i++) visit(this.#values[i]!, this.#names[i]!);
  }

  *[Symbol.iterator](): Iterator<[string, string]> {
    for (let i = 0; i < this.#names.length; i++) yield [this.#names[i]!, this.#values[i]!];
  }

  /** The lines as they are sent, each with its end. */
  lines(): string {
    let text = "";
    for (let i = 0; i < this.#names.length; i++) text += `${this.#names[i]}: ${this.#values[i]}\r\n`;
    return text;
  }
}

/** The names in a Connection field, which are for this hop only (RFC 9110, section 7.6.1). */
export function connectionOptions(fields: Fields): readonly string[] {
  const value = fields.get("connection");
  return value === null ? NONE : value.toLowerCase().split(",").map((name) => name.trim());
}

const NONE: readonly string[] = [];
