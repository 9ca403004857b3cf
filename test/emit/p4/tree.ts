/** The tree of a P4-16 text: the subset that a network program needs. */

export type Expression =
  | { readonly kind: 'number'; readonly bits?: number; readonly signed: boolean; readonly value: bigint }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'name'; readonly path: readonly string[] }
  | { readonly kind: 'slice'; readonly of: Expression; readonly high: number; readonly low: number }
  | { readonly kind: 'cast'; readonly type: string; readonly of: Expression }
  | { readonly kind: 'unary'; readonly op: string; readonly of: Expression }
  | { readonly kind: 'binary'; readonly op: string; readonly a: Expression; readonly b: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | {
      readonly kind: 'call';
      readonly path: readonly string[];
      readonly type?: string;
      readonly args: readonly Expression[];
    }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'any' };

export type Statement =
  | { readonly kind: 'declare'; readonly type: string; readonly name: string; readonly value?: Expression }
  | { readonly kind: 'assign'; readonly to: Expression; readonly value: Expression }
  | { readonly kind: 'call'; readonly call: Extract<Expression, { kind: 'call' }> }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    }
  | { readonly kind: 'transition'; readonly to: string }
  | {
      readonly kind: 'select';
      readonly keys: readonly Expression[];
      readonly cases: readonly { readonly sets: readonly Expression[]; readonly to: string }[];
    };

export interface Parameter {
  readonly direction: string;
  readonly type: string;
  readonly name: string;
}

export interface ActionNode {
  readonly name: string;
  readonly id?: number;
  readonly params: readonly Parameter[];
  readonly body: readonly Statement[];
}

export interface TableNode {
  readonly name: string;
  readonly id?: number;
  readonly stages: readonly number[];
  readonly keys: readonly { readonly of: Expression; readonly match: string; readonly name: string }[];
  readonly actions: readonly string[];
  readonly fallback: Extract<Expression, { kind: 'call' }>;
  readonly size?: number;
}

/** An extern instance, e.g. a register; `body` is the apply method of a RegisterAction. */
export interface InstanceNode {
  readonly name: string;
  readonly type: string;
  readonly args: readonly Expression[];
  readonly annotations: readonly string[];
  readonly body?: { readonly params: readonly Parameter[]; readonly statements: readonly Statement[] };
}

export interface ControlNode {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly instances: readonly InstanceNode[];
  readonly actions: readonly ActionNode[];
  readonly tables: readonly TableNode[];
  readonly apply: readonly Statement[];
}

export interface ParserNode {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly states: ReadonlyMap<string, readonly Statement[]>;
}

export interface P4Tree {
  readonly includes: readonly string[];
  readonly constants: ReadonlyMap<string, Expression>;
  /** Headers and structs: member name → type. */
  readonly types: ReadonlyMap<string, { readonly header: boolean; readonly members: ReadonlyMap<string, string> }>;
  readonly parsers: ReadonlyMap<string, ParserNode>;
  readonly controls: ReadonlyMap<string, ControlNode>;
  /** Instantiations at the top, as text: package and its arguments. */
  readonly main: readonly { readonly type: string; readonly args: readonly string[]; readonly name: string }[];
}
