package mirror.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps the module table of ARCHITECTURE.md true. */
final class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            // What measures Mirror is not a part of it.
            .withImportOption(location -> !location.matches(Pattern.compile(".*/(bench/target/|mirror-bench).*")))
            .importPackages("mirror");

    @Test
    void everyRoomIsLookedAt() {
        for (String room :
                Set.of("bus", "trust", "mesh", "continuity", "vault", "tiers", "pulse", "kernel", "surface", "app")) {
            assertThat(CLASSES.stream().anyMatch(c -> c.getPackageName().startsWith("mirror." + room)))
                    .as(room)
                    .isTrue();
        }
    }

    @Test
    void aRoomUsesOnlyTheRoomsItMay() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("bus")
                .definedBy("mirror.bus..")
                .layer("trust")
                .definedBy("mirror.trust..")
                .layer("mesh")
                .definedBy("mirror.mesh..")
                .layer("continuity")
                .definedBy("mirror.continuity..")
                .layer("vault")
                .definedBy("mirror.vault..")
                .layer("tiers")
                .definedBy("mirror.tiers..")
                .layer("pulse")
                .definedBy("mirror.pulse..")
                .layer("kernel")
                .definedBy("mirror.kernel..")
                .layer("surface")
                .definedBy("mirror.surface..")
                .layer("app")
                .definedBy("mirror.app..")
                .whereLayer("bus")
                .mayNotAccessAnyLayer()
                .whereLayer("trust")
                .mayOnlyAccessLayers("bus")
                .whereLayer("mesh")
                .mayOnlyAccessLayers("bus", "trust")
                .whereLayer("continuity")
                .mayOnlyAccessLayers("bus", "trust")
                .whereLayer("vault")
                .mayOnlyAccessLayers("bus", "trust")
                .whereLayer("tiers")
                .mayOnlyAccessLayers("bus", "trust", "vault")
                .whereLayer("pulse")
                .mayOnlyAccessLayers("bus", "trust")
                .whereLayer("kernel")
                .mayOnlyAccessLayers("bus", "trust", "continuity")
                .whereLayer("surface")
                .mayOnlyAccessLayers("bus", "trust", "continuity", "vault", "tiers", "pulse", "kernel", "mesh")
                .check(CLASSES);
    }

    @Test
    void theBusKnowsNothingButTheJdkJacksonAndZstd() {
        classes()
                .that()
                .resideInAPackage("mirror.bus..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "mirror.bus..", "java..", "tools.jackson..", "com.github.luben.zstd..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void theShellReaderNeedsOnlyTheJdk() {
        classes()
                .that()
                .resideInAPackage("mirror.trust.shell..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("mirror.trust..", "java..", "org.jspecify..")
                .check(CLASSES);
    }

    @Test
    void onlyTheAppAndTheSurfaceServeHttpAndOnlyTheReactorTheDoctorAndTheChannelsOfMessagesSendIt() {
        noClasses()
                .that()
                .resideOutsideOfPackages("mirror.surface..", "mirror.app..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.helidon..", "io.modelcontextprotocol..")
                .check(CLASSES);
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("mirror.kernel.Reactor")
                .and()
                .doNotHaveFullyQualifiedName("mirror.surface.cli.Drills")
                .and()
                .doNotHaveFullyQualifiedName("mirror.surface.signal.TelegramChannel")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.net.http..")
                .check(CLASSES);
    }

    @Test
    void theLogKnowsNothingOfThoseWhoHearIt() {
        noClasses()
                .that()
                .resideInAPackage("mirror.bus")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("mirror.bus.organism..")
                .check(CLASSES);
    }

    @Test
    void onlyTheMeshSpeaksRedis() {
        noClasses()
                .that()
                .resideOutsideOfPackage("mirror.mesh..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("redis.clients..")
                .check(CLASSES);
    }

    @Test
    void packagesDoNotDependOnEachOtherInCircles() {
        slices().matching("mirror.(bus|mesh|continuity|vault|tiers|pulse|kernel|surface|app)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void nothingIsStaticAndMutable() {
        fields().that()
                .areStatic()
                .and()
                .areDeclaredInClassesThat(new DescribedPredicate<>("are not compiler-made") {
                    @Override
                    public boolean test(JavaClass type) {
                        return !type.getSimpleName().isEmpty();
                    }
                })
                .should()
                .haveModifier(JavaModifier.FINAL)
                .check(CLASSES);
    }

    @Test
    void timeIsPassedInWhereStateDependsOnIt() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "mirror.bus..",
                        "mirror.trust..",
                        "mirror.mesh..",
                        "mirror.continuity..",
                        "mirror.vault..",
                        "mirror.tiers..",
                        "mirror.pulse..",
                        "mirror.kernel..")
                .should()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(Thread.class, "sleep", long.class)
                .check(CLASSES);
    }

    @Test
    void filesAreWrittenThroughTheStoreAlone() {
        // Two commands write a file that the caller names, outside the home and perhaps without one: a proof, which
        // never replaces anything, and a receiver's cursor.
        noClasses()
                .that()
                .resideOutsideOfPackage("mirror.bus..")
                .and()
                .haveNameNotMatching("mirror\\.surface\\.cli\\.(Prove|Listen|Lease)Command(\\$.*)?")
                .should()
                .callMethodWhere(new DescribedPredicate<>("it writes a file past FileStore") {
                    @Override
                    public boolean test(JavaMethodCall call) {
                        return switch (call.getTargetOwner().getName()) {
                            case "java.nio.file.Files" ->
                                Set.of("write", "writeString", "newOutputStream", "newBufferedWriter", "copy", "move")
                                        .contains(call.getName());
                            // A new key belongs to no home yet, and no copy of it may ever be made.
                            case "mirror.bus.AtomicFiles" ->
                                call.getName().equals("write")
                                        && !call.getOriginOwner().getName().equals("mirror.trust.DeviceKey");
                            default -> false;
                        };
                    }
                })
                .orShould()
                .callConstructorWhere(new DescribedPredicate<>("it opens a file for writing") {
                    @Override
                    public boolean test(JavaConstructorCall call) {
                        return Set.of(
                                        "java.io.FileOutputStream",
                                        "java.io.FileWriter",
                                        "java.io.RandomAccessFile",
                                        "java.io.PrintWriter")
                                .contains(call.getTargetOwner().getName());
                    }
                })
                .check(CLASSES);
    }

    @Test
    void onlyTheEntryPointWritesToTheStandardStreams() {
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("mirror.app.Main")
                .and()
                .doNotHaveFullyQualifiedName("mirror.app.Main$StandardOut")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .check(CLASSES);
    }
}
