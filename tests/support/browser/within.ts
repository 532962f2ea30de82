/** The result of something that must not take longer than this. @throws with that message when it does */
export async function within<Result>(
  limit: number,
  result: Promise<Result>,
  message: () => string,
): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(message())), limit);
  try {
    return await Promise.race([result, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
