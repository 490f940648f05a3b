package mirror.bus;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts a test between the log and its disk: every call that may fail goes through a {@link Hook}. Made with proxies, so that a call
 * which the interface gets later is hooked too.
 */
final class HookedStorage {
    private HookedStorage() {}

    /** One call on its way to the disk. */
    interface Call {
        /** The interface's method, such as {@code Appender.force}. */
        String name();

        /** The file or folder that it is about. */
        Path path();

        /** The call's arguments, as the disk will see them. */
        @Nullable
        Object[] arguments();

        @Nullable
        Object proceed() throws IOException;
    }

    interface Hook {
        @Nullable
        Object around(Call call) throws IOException;
    }

    static Storage over(Storage disk, Hook hook) {
        return hooked(Storage.class, disk, null, hook);
    }

    private static <T> T hooked(Class<T> type, T target, @Nullable Path path, Hook hook) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    @Nullable Object[] given = arguments == null ? new Object[0] : arguments;
                    if (!Arrays.asList(method.getExceptionTypes()).contains(IOException.class)) {
                        return invoke(method, target, given);
                    }
                    Path about = path != null ? path : (Path) requireNonNull(given[0]);
                    Object result = hook.around(
                            new Made(type.getSimpleName() + "." + method.getName(), about, given, method, target));
                    if (result instanceof Storage.Appender appender) {
                        return hooked(Storage.Appender.class, appender, about, hook);
                    }
                    if (result instanceof Storage.Reader reader) {
                        return hooked(Storage.Reader.class, reader, about, hook);
                    }
                    return result;
                }));
    }

    private record Made(String name, Path path, @Nullable Object[] arguments, Method method, Object target)
            implements Call {
        @Override
        public @Nullable Object proceed() throws IOException {
            return invoke(method, target, arguments);
        }
    }

    private static @Nullable Object invoke(Method method, Object target, @Nullable Object[] arguments)
            throws IOException {
        try {
            method.setAccessible(true);
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw new AssertionError(e);
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
