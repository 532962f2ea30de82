/** Where the tests of the packages are. */
export const FOLDER = "tests/packaging";

/** The arguments of `deno test`: all tests of the packages, unless these name some. */
export function testArguments(given: readonly string[]): string[] {
  return given.some(namesPackageTests) ? [...given] : [FOLDER, ...given];
}

/** Whether an argument is a path of a test of the packages. */
export function namesPackageTests(argument: string): boolean {
  return !argument.startsWith("-") && `${argument}/`.includes(`${FOLDER}/`);
}
