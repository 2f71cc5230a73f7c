#include "worker/protocol.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace knobscope::worker {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Every field set to something that is not its default.
Point whole_point() {
  Point point;
  point.request.id = (std::int64_t{1} << 53) + 1;
  point.request.device = "cuda:1";
  point.request.problem.operation = Operation::batchnorm_inference;
  point.request.problem.shape = {2, 3, 4, 5};
  point.request.problem.normalized_dims = 2;
  point.request.problem.type = ElementType::bf16;
  point.request.problem.distribution = {DistributionKind::outlier, -3.5};
  point.request.problem.seed = std::numeric_limits<std::uint64_t>::max();
  point.request.problem.epsilon = 1e-3;
  point.request.problem.layout = Layout::nhwc;
  point.request.problem.activation = Activation::relu;
  point.request.variant = "batchnorm_inference/01_scalar.cpp";
  point.request.knobs = {{"block", 96}, {"unroll", -4}};
  point.request.method = {.time_cold = false,
                          .time_rotating = true,
                          .time_hot = false,
                          .time_graph = true,
                          .time_wall = true,
                          .target_relative_error = 0.01,
                          .noisy_relative_error = 0.05,
                          .min_samples = 3,
                          .max_samples = 9,
                          .time_limit_s = 0.25,
                          .launch_limit_s = 7.5,
                          .thorough = false,
                          .recheck = false,
                          .cold_stopping = StoppingCriterion::stdrel,
                          .hot_stopping = StoppingCriterion::entropy,
                          .min_time_s = 0.125,
                          .max_noise = 0.02,
                          .max_angle = 0.5,
                          .min_r2 = 0.75,
                          .target_samples = 33,
                          .throttle_threshold = 0.5,
                          .throttle_recovery_s = 0.25};
  point.request.against = Against{"batchnorm_inference/02_plane.cpp", {{"block", 1}}};
  point.rival = Rival{.variant_name = "plane",
                      .variant_title = "Plane",
                      .source_hash = "ffff",
                      .verdict = Verdict::noisy,
                      .reason = "3 %",
                      .timing = Timing::graph,
                      .samples = std::make_shared<const std::vector<double>>(std::vector<double>{3.5, 2.5, 1e-300}),
                      .summary = std::nullopt};
  point.rival->summary = summarize(*point.rival->samples);
  point.variant_name = "scalar";
  point.variant_title = "Scalar × 2";
  point.source_hash = "abc";
  point.verdict = Verdict::throttled;
  point.reason = "hot";
  point.compile_log = "line 1\nline 2";
  point.compiled = {48, Bytes{16}, Bytes{4096}, 0.75, 1.5, 33.25, 6, OccupancyLimit::registers};
  point.bytes = {123'456'789'012};
  point.modelled_reads = Bytes{5};
  point.modelled_writes = Bytes{6};
  point.cold = std::make_shared<const std::vector<double>>(std::vector<double>{1.5, 2.5, 1e-300});
  point.hot = std::make_shared<const std::vector<double>>();
  point.cold_summary = summarize(*point.cold);
  for (const Timing timing : {Timing::rotating, Timing::graph, Timing::wall}) {
    point.samples(timing) = std::make_shared<const std::vector<double>>(3, 7.0 + static_cast<double>(timing));
    point.summary(timing) = summarize(*point.samples(timing));
  }
  point.timing_notes = {{Timing::hot, "why it is empty"}};
  point.event_overhead = Nanoseconds(1.5);
  point.profile = Profile{summarize(*point.cold), Counters{{1}, {2}, {3}, 0.5, 0.75, 4}, {"why", "not"}};
  point.error.emplace();
  OutputError output;
  output.output = "y";
  output.elements = 120;
  output.max_abs = kInfinity;
  output.max_rel = 0.1;
  output.rms = 0.2;
  output.relative_l2 = 0.3;
  output.max_ulp = 4e18;
  output.nonfinite = 1;
  output.unwritten = 2;
  output.failing = 3;
  output.first_bad = 4;
  output.first_bad_value = -kInfinity;
  output.first_bad_reference = 5.0;
  point.error->outputs = {output};
  point.error->inputs_changed = true;
  point.error->damaged_guards = {"x", "y"};
  ErrorMap map;
  map.rows = 6;
  map.columns = 20;
  map.tile_rows = 1;
  map.tile_columns = 2;
  map.tolerance = 1e-5;
  map.max_abs = {0.5F, std::numeric_limits<float>::infinity()};
  point.error->map = std::make_shared<const ErrorMap>(map);
  Finding race;
  race.kind = FindingKind::race;
  race.message = "writes 4 bytes of partial";
  race.launch = "sum_rows";
  race.at = {"batchnorm_inference/01_scalar.cu", 57};
  race.within = {"include/knobscope/reduce.h", 31};
  race.who = ThreadPlace{{std::int64_t{1} << 33, 1, 2}, {3, 4, 5}};
  race.other_at = {"batchnorm_inference/01_scalar.cu", 52};
  race.other_who = ThreadPlace{{6, 7, 8}, {9, 10, 11}};
  race.count = 12;
  Finding plain;
  plain.kind = FindingKind::order_dependent;
  plain.message = "y changes";
  point.findings = {race, plain};
  point.window = WindowState::live;
  point.spent.emplace();
  (*point.spent)[Expense::warm_up] = 0.03;
  (*point.spent)[Expense::open] = 0.25;
  point.size_ceilings = {{Timing::cold, {1 << 20}, {0.8e12}, {0.9e12}, BytesPerSecond{1e12}, {}}};
  point.ceiling = Ceiling{"cuda:1", {1e12}, {2e12}, {1 << 30}, {}};
  point.environment = {"GPU",
                       "580",
                       "13.0",
                       "0.1.0",
                       "host",
                       "2026-01-01T00:00:00.000Z",
                       1980.0,
                       2619.0,
                       45.5,
                       300.25,
                       std::uint64_t{1} << 63,
                       1980.0,
                       3,
                       true,
                       false,
                       "MIG: no permission"};
  SeriesEnvironment cold;
  cold.timing = Timing::cold;
  cold.sm_clocks_mhz = {1980.25, 1979.5, 1e-300};
  cold.discarded = {{2, 999999.5, 990.125, 0}, {3, 1e6, std::nullopt, std::uint64_t{1} << 63}};
  cold.readings = {{0, 1980.0, 3201.0, 41.0, 512.5, 0x4}, {std::int64_t{1} << 40, {}, {}, {}, {}, {}}};
  point.series_environments = {cold, SeriesEnvironment{Timing::wall, {}, {}, {}}};
  return point;
}

Catalog whole_catalog() {
  Variant variant;
  variant.id = "layernorm_forward/05_welford.cu";
  variant.name = "welford";
  variant.order = 5;
  variant.title = "Welford";
  variant.idea = "One pass.";
  variant.device = DeviceKind::cuda;
  variant.types = {ElementType::f32, ElementType::f16};
  variant.layouts = {Layout::nhwc, Layout::nchw};
  variant.activations = {Activation::none, Activation::gelu};
  variant.knobs = {{"block", {32, 64}, 64, "threads"}};
  variant.requirements = {{"columns % 4 == 0", "float4"}};
  variant.buffers = {{"partial", "f64", "rows * 2", true}};
  LaunchSpec launch;
  launch.entry = "welford";
  launch.grid = {"rows", "2", "3"};
  launch.block = {"block", "1", "2"};
  launch.shared = "block * 8";
  launch.cooperative = true;
  launch.cluster = std::array<std::string, 3>{"2", "1", "1"};
  launch.arguments = {"x", "y"};
  variant.launches = {launch};
  variant.traffic = {"1", "2", "3"};
  variant.accumulate = "f32";
  variant.numerics_note = "none";
  variant.deterministic = false;
  variant.source_note = "own";
  variant.source = "text\n";
  variant.source_hash = "hash";
  return {{variant}, {{"x/y.cu", 3, "what"}}};
}

DeviceFacts whole_facts() {
  DeviceFacts facts;
  facts.id = "cuda:0";
  facts.kind = DeviceKind::emulated;
  facts.name = "N";
  facts.uuid = "GPU-1";
  facts.driver_version = "d";
  facts.toolkit_version = "t";
  facts.memory = {1};
  facts.last_level_cache = {2};
  facts.peak_bandwidth = BytesPerSecond{3.0};
  facts.compute_capability = 90;
  facts.multiprocessors = 132;
  facts.warp_size = 16;
  facts.max_threads_per_block = 5;
  facts.max_threads_per_multiprocessor = 6;
  facts.registers_per_multiprocessor = 7;
  facts.shared_per_block = {8};
  facts.shared_per_block_optin = {9};
  facts.shared_per_multiprocessor = {10};
  facts.cooperative_launch = true;
  facts.clusters = true;
  return facts;
}

template <typename Message>
Frame frame_of(const Message& message) {
  FrameReader reader;
  reader.feed(encode(message).value());
  auto next = reader.next();
  EXPECT_TRUE(std::holds_alternative<Frame>(next));
  EXPECT_EQ(reader.pending(), 0U);
  return std::get<Frame>(std::move(next));
}

template <typename T>
T there_and_back(const T& message) {
  auto decoded = decode_from_worker(frame_of(FromWorker(message)));
  if (const auto* fault = std::get_if<ProtocolFault>(&decoded)) {
    ADD_FAILURE() << fault->message;
    return T{};
  }
  EXPECT_EQ(encode(std::get<FromWorker>(decoded)), encode(FromWorker(message)));
  return std::get<T>(std::get<FromWorker>(decoded));
}

TEST(Protocol, a_point_comes_back_whole) {
  const Point sent = whole_point();
  const PointPtr got = there_and_back(PointDone{std::make_shared<const Point>(sent)}).point;
  ASSERT_TRUE(got);
  EXPECT_EQ(got->request, sent.request);
  EXPECT_EQ(got->variant_name, sent.variant_name);
  EXPECT_EQ(got->variant_title, sent.variant_title);
  EXPECT_EQ(got->source_hash, sent.source_hash);
  EXPECT_EQ(got->verdict, sent.verdict);
  EXPECT_EQ(got->reason, sent.reason);
  EXPECT_EQ(got->compile_log, sent.compile_log);
  EXPECT_EQ(got->compiled, sent.compiled);
  EXPECT_EQ(got->bytes, sent.bytes);
  EXPECT_EQ(got->modelled_reads, sent.modelled_reads);
  EXPECT_EQ(got->modelled_writes, sent.modelled_writes);
  ASSERT_TRUE(got->cold && got->hot);
  EXPECT_EQ(*got->cold, *sent.cold);
  EXPECT_TRUE(got->hot->empty());
  EXPECT_EQ(got->cold_summary, sent.cold_summary);
  EXPECT_EQ(got->hot_summary, std::nullopt);
  for (const Timing timing : {Timing::rotating, Timing::graph, Timing::wall}) {
    ASSERT_TRUE(got->samples(timing)) << name_of(timing);
    EXPECT_EQ(*got->samples(timing), *sent.samples(timing)) << name_of(timing);
    EXPECT_EQ(got->summary(timing), sent.summary(timing)) << name_of(timing);
  }
  EXPECT_EQ(got->timing_notes, sent.timing_notes);
  EXPECT_EQ(got->event_overhead, sent.event_overhead);
  EXPECT_EQ(got->profile, sent.profile);
  EXPECT_EQ(got->series_environments, sent.series_environments);
  ASSERT_TRUE(got->error);
  EXPECT_EQ(got->error->outputs, sent.error->outputs);
  EXPECT_EQ(got->error->inputs_changed, true);
  EXPECT_EQ(got->error->damaged_guards, sent.error->damaged_guards);
  EXPECT_EQ(*got->error->map, *sent.error->map);
  EXPECT_EQ(got->findings, sent.findings);
  EXPECT_EQ(got->ceiling, sent.ceiling);
  EXPECT_EQ(got->size_ceilings, sent.size_ceilings);
  EXPECT_EQ(got->window, sent.window);
  EXPECT_EQ(got->spent, sent.spent);
  EXPECT_EQ(got->environment, sent.environment);
}

TEST(Protocol, what_was_not_measured_stays_unmeasured) {
  const PointPtr got = there_and_back(PointDone{std::make_shared<const Point>()}).point;
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->cold || got->hot || got->cold_summary || got->error || got->ceiling || got->compiled.registers);
  EXPECT_TRUE(got->findings.empty());
  EXPECT_FALSE(got->profile);
}

TEST(Protocol, nan_travels) {
  auto point = std::make_shared<Point>(whole_point());
  point->error->outputs[0].first_bad_value = kNan;
  EXPECT_TRUE(std::isnan(there_and_back(PointDone{point}).point->error->outputs[0].first_bad_value));
}

ErrorRegion whole_region() {
  ErrorRegion region;
  region.request.id = -3;
  region.request.slot = 1;
  region.request.point = whole_point().request;
  region.request.output = "dgamma";
  region.request.slice = Slice{1, 3, {4, 0, 5, 0}};
  region.request.area = {std::int64_t{1} << 40, 2, 1, 2};
  region.request.tile_rows = 7;
  region.request.tile_columns = 8;
  region.request.measure = ErrorMeasure::ulp;
  region.source_hash = "abc";
  region.view = {10, 20, 30, 40, 50};
  region.error = whole_point().error->outputs.front();
  region.map = whole_point().error->map;
  region.histogram.assign(kUlpBins, 9);
  region.elements = ErrorElements{{1.5, kInfinity}, {2.5, 3.5}, {1e-300, 0.0}, {-kInfinity, 7.0}, {1}};
  return region;
}

TEST(Protocol, a_region_comes_back_whole) {
  const ErrorRegion sent = whole_region();
  const ErrorRegionPtr got = there_and_back(ErrorsFound{std::make_shared<const ErrorRegion>(sent)}).region;
  ASSERT_TRUE(got);
  EXPECT_EQ(got->request.id, -3);
  EXPECT_TRUE(got->request.same_question(sent.request));
  EXPECT_EQ(got->request.slot, 1);
  EXPECT_EQ(got->source_hash, sent.source_hash);
  EXPECT_EQ(got->view, sent.view);
  EXPECT_EQ(got->error, sent.error);
  EXPECT_EQ(*got->map, *sent.map);
  EXPECT_EQ(got->histogram, sent.histogram);
  EXPECT_EQ(got->elements, sent.elements);
  ErrorRegion faulty;
  faulty.fault = "why";
  EXPECT_EQ(there_and_back(ErrorsFound{std::make_shared<const ErrorRegion>(faulty)}).region->fault, "why");

  const auto asked = decode_to_worker(frame_of(ToWorker(FindErrors{sent.request})));
  ASSERT_TRUE(std::holds_alternative<ToWorker>(asked));
  EXPECT_TRUE(std::get<FindErrors>(std::get<ToWorker>(asked)).request.same_question(sent.request));
}

TEST(Protocol, a_region_whose_sizes_do_not_fit_is_a_fault) {
  const auto refused = [](const std::function<void(ErrorRegion&)>& spoil) {
    ErrorRegion region = whole_region();
    spoil(region);
    const auto decoded =
        decode_from_worker(frame_of(FromWorker(ErrorsFound{std::make_shared<const ErrorRegion>(region)})));
    return std::holds_alternative<ProtocolFault>(decoded);
  };
  EXPECT_FALSE(refused([](ErrorRegion&) {}));
  EXPECT_TRUE(refused([](ErrorRegion& region) { region.histogram.pop_back(); }));
  EXPECT_TRUE(refused([](ErrorRegion& region) { region.map = nullptr; }));
  EXPECT_TRUE(refused([](ErrorRegion& region) { region.elements->ulps.pop_back(); }));
  EXPECT_TRUE(refused([](ErrorRegion& region) { region.elements = ErrorElements{}; }));
  EXPECT_TRUE(refused([](ErrorRegion& region) { region.request.slot = 2; }));
}

TEST(Protocol, every_other_message_comes_back) {
  EXPECT_EQ(there_and_back(Hello{"1.2", 99}).process, 99);
  const Catalog catalog = whole_catalog();
  const auto changed = there_and_back(CatalogChanged{std::make_shared<const Catalog>(catalog)});
  EXPECT_EQ(changed.catalog->variants, catalog.variants);
  EXPECT_EQ(changed.catalog->faults, catalog.faults);
  EXPECT_EQ(there_and_back(DevicesFound{{whole_facts(), DeviceFacts{}}}).devices,
            (std::vector<DeviceFacts>{whole_facts(), DeviceFacts{}}));
  for (const Phase phase : kPhases) {
    EXPECT_EQ(there_and_back(PhaseChanged{5, phase}).phase, phase);
  }
  const SeriesStep step{3,
                        {1.0, 2.0},
                        {1980.0, 1975.5},
                        1,
                        {{4, 9.5, 1200.0, 0x40}, {4, 9.75, {}, 0}},
                        {{6, 1980.0, 3201.0, 45.0, 512.5, 4}, {7, {}, {}, {}, {}, {}}}};
  EXPECT_EQ(there_and_back(SamplesTaken{5, Phase::hot, step}).step, step);
  EXPECT_EQ(there_and_back(Alive{6, {}}).id, 6);
  EXPECT_EQ(there_and_back(Alive{6, {}}).done, std::nullopt);
  EXPECT_EQ(there_and_back(Alive{6, 0.25}).done, 0.25);
  for (const FindingKind kind : kFindingKinds) {
    Point point;
    point.findings.emplace_back().kind = kind;
    EXPECT_EQ(there_and_back(PointDone{std::make_shared<const Point>(point)}).point->findings[0].kind, kind);
  }
  EXPECT_EQ(there_and_back(PointCancelled{-7}).id, -7);
  EXPECT_EQ(there_and_back(CeilingMeasured{{"cpu", {1.0}, {2.0}, {3}, BytesPerSecond{4.0}}}).ceiling,
            (Ceiling{"cpu", {1.0}, {2.0}, {3}, BytesPerSecond{4.0}}));
  EXPECT_EQ(there_and_back(LogMessage{LogLevel::error, "no"}).level, LogLevel::error);

  const auto measure = decode_to_worker(frame_of(ToWorker(MeasurePoint{whole_point().request})));
  EXPECT_EQ(std::get<MeasurePoint>(std::get<ToWorker>(measure)).request, whole_point().request);
  const auto cancel = decode_to_worker(frame_of(ToWorker(CancelPoint{4})));
  EXPECT_EQ(std::get<CancelPoint>(std::get<ToWorker>(cancel)).id, 4);
  const Point whole = whole_point();
  KnownCeilings known{"cuda:1", "GPU", "580", "node", *whole.ceiling, {}};
  known.sizes = {{whole.size_ceilings.front(), ceiling_rule(whole.request.method)}};
  const auto know = decode_to_worker(frame_of(ToWorker(KnowCeilings{known})));
  EXPECT_EQ(std::get<KnowCeilings>(std::get<ToWorker>(know)).known, known);
  EXPECT_TRUE(std::holds_alternative<Shutdown>(std::get<ToWorker>(decode_to_worker(frame_of(ToWorker(Shutdown{}))))));
}

TEST(Protocol, text_that_is_not_utf8_is_repaired) {
  const auto text = [](const std::string& sent) { return there_and_back(LogMessage{LogLevel::info, sent}).text; };
  EXPECT_EQ(text("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(text("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"), "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(text("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "overlong";
  EXPECT_EQ(text("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate";
  EXPECT_EQ(text("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut short";
}

TEST(Protocol, frames_are_found_however_the_bytes_come) {
  std::string stream;
  for (int i = 0; i < 50; ++i) stream += encode(FromWorker(Alive{i, {}})).value();
  FrameReader reader;
  int next_id = 0;
  for (const char c : stream) {
    reader.feed(std::string_view(&c, 1));
    auto next = reader.next();
    if (const auto* frame = std::get_if<Frame>(&next)) {
      EXPECT_EQ(std::get<Alive>(std::get<FromWorker>(decode_from_worker(*frame))).id, next_id++);
    }
  }
  EXPECT_EQ(next_id, 50);
}

std::string fault_of(const std::string& bytes) {
  FrameReader reader;
  reader.feed(bytes);
  auto next = reader.next();
  const auto* fault = std::get_if<ProtocolFault>(&next);
  return fault != nullptr ? fault->message : "";
}

TEST(Protocol, another_version_is_told_apart_from_garbage) {
  std::string frame = encode(FromWorker(Alive{1, {}})).value();
  frame[4] = 1;
  EXPECT_NE(fault_of(frame).find("speaks version 1 of the protocol, this program version 6"), std::string::npos);
  EXPECT_NE(fault_of("bash: no such thing\n").find("\"bash: no such thing.\""), std::string::npos);
  EXPECT_NE(fault_of(std::string("\xFF\xFF\xFF\x7F\x01\x00\x01\x00", 8)), "") << "larger than any message";
}

template <typename Change>
std::string fault_after(Change change) {
  Frame frame = frame_of(FromWorker(PointDone{std::make_shared<const Point>(whole_point())}));
  change(frame);
  const auto decoded = decode_from_worker(frame);
  const auto* fault = std::get_if<ProtocolFault>(&decoded);
  return fault != nullptr ? fault->message : "";
}

void replace(std::string& bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.find(from);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, from.size(), to);
}

TEST(Protocol, what_is_wrong_and_where_is_told) {
  EXPECT_NE(fault_after([](Frame& frame) { frame.type = 5000; }).find("type 5000 is not known"), std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) { frame.payload.pop_back(); }).find("not valid CBOR"), std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) {
              replace(frame.payload, "throttled", "throttlex");
            }).find(".point.verdict: 'throttlex' is not known"),
            std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) {
              replace(frame.payload, "max_ulp", "max_alp");
            }).find(".point.error.outputs[0].max_ulp: missing"),
            std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) {
              replace(frame.payload, "order-dependent", "order-depandent");
            }).find(".point.findings[1].kind: 'order-depandent' is not known"),
            std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) {
              replace(frame.payload, "tile_columns\x02", "tile_columns\x03");
            }).find(".point.error.map.max_abs: not as many values as tiles"),
            std::string::npos);
  EXPECT_NE(fault_after([](Frame& frame) { frame.payload = "\xA1\x65point\xF6"; }).find("empty"), std::string::npos);
}

TEST(Protocol, deep_nesting_does_not_exhaust_the_stack) {
  Frame frame;
  frame.type = 8;
  frame.payload.assign(20'000'000, '\x81');
  EXPECT_TRUE(std::holds_alternative<ProtocolFault>(decode_from_worker(frame)));
}

TEST(Protocol, no_bytes_throw) {
  std::mt19937_64 random(1);
  const std::string good = frame_of(FromWorker(PointDone{std::make_shared<const Point>(whole_point())})).payload;
  for (int round = 0; round < 20'000; ++round) {
    Frame frame;
    frame.type = static_cast<std::uint16_t>(random() % 110);
    frame.payload = good;
    for (std::uint64_t flips = random() % 4; flips > 0; --flips) {
      frame.payload[random() % frame.payload.size()] = static_cast<char>(random());
    }
    if (round % 3 == 0) frame.payload.resize(random() % frame.payload.size());
    if (round % 2 == 0) frame.type = 8;
    EXPECT_NO_THROW({
      (void)decode_from_worker(frame);
      (void)decode_to_worker(frame);
    });
  }
}

}  // namespace
}  // namespace knobscope::worker
