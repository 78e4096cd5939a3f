/** What prepare.mjs offers to tests that run the built product. */
export const root: string;
export const node: string;
export function prepare(): void;
