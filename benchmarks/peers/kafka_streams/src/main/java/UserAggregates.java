import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.Suppressed.BufferConfig;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.state.WindowStore;

/** The job in Kafka Streams: time windows, results held back until a window closes. */
public final class UserAggregates {
  static final Duration LENGTH = Duration.ofMinutes(5);
  static final Duration GRACE = Duration.ofSeconds(10);

  /** What is read of an event. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class Event {
    public String timestamp;
    public Double amount;
  }

  record Sums(long count, long amounts, double total) {
    Sums plus(Event event) {
      return event.amount == null
          ? new Sums(count + 1, amounts, total)
          : new Sums(count + 1, amounts + 1, total + event.amount);
    }
  }

  private static final ObjectReader EVENTS = new ObjectMapper().readerFor(Event.class);

  /** A record that is no JSON becomes null, which is left out. */
  static Event parse(String topic, byte[] value) {
    try {
      return EVENTS.readValue(value);
    } catch (IOException noJson) {
      return null;
    }
  }

  static long eventTime(ConsumerRecord<Object, Object> record, long latest) {
    return record.value() instanceof Event event
        ? Instant.parse(event.timestamp).toEpochMilli()
        : latest;
  }

  static Serde<Sums> sumsSerde() {
    return Serdes.serdeFrom(
        (topic, sums) ->
            sums == null
                ? null
                : ByteBuffer.allocate(24)
                    .putLong(sums.count)
                    .putLong(sums.amounts)
                    .putDouble(sums.total)
                    .array(),
        (topic, bytes) -> {
          if (bytes == null) {
            return null;
          }
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          return new Sums(buffer.getLong(), buffer.getLong(), buffer.getDouble());
        });
  }

  static String result(Windowed<String> window, Sums sums) {
    double average = sums.amounts == 0 ? 0 : sums.total / sums.amounts;
    return "{\"user_id\":" + window.key()
        + ",\"window_start\":\"" + window.window().startTime()
        + "\",\"window_end\":\"" + window.window().endTime()
        + "\",\"count\":" + sums.count
        + ",\"amount_count\":" + sums.amounts
        + ",\"total_amount\":" + sums.total
        + ",\"avg_amount\":" + average + "}";
  }

  static StreamsBuilder topology(String input, String output) {
    StreamsBuilder builder = new StreamsBuilder();
    Deserializer<Event> parse = UserAggregates::parse;
    Serde<Event> events = Serdes.serdeFrom((topic, event) -> null, parse);
    builder.stream(
            input,
            Consumed.with(Serdes.String(), events)
                .withTimestampExtractor(UserAggregates::eventTime))
        .filter((user, event) -> event != null)
        .groupByKey(Grouped.with(Serdes.String(), events))
        .windowedBy(TimeWindows.ofSizeAndGrace(LENGTH, GRACE))
        .aggregate(
            () -> new Sums(0, 0, 0),
            (user, event, sums) -> sums.plus(event),
            Materialized.<String, Sums, WindowStore<Bytes, byte[]>>with(
                    Serdes.String(), sumsSerde())
                .withStoreType(Materialized.StoreType.IN_MEMORY)
                .withRetention(LENGTH.plus(GRACE))
                .withLoggingDisabled())
        .suppress(Suppressed.untilWindowCloses(BufferConfig.unbounded().withLoggingDisabled()))
        .toStream()
        .map((window, sums) -> KeyValue.pair(
            window.key(), result(window, sums)))
        .to(output, Produced.with(Serdes.String(), Serdes.String()));
    return builder;
  }

  static Properties config() {
    Properties config = new Properties();
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BOOTSTRAP"));
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("OUTPUT_TOPIC"));
    config.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("FOLDER"));
    config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1000);
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 100_000_000L);
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    config.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 200_000);
    return config;
  }

  public static void main(String[] arguments) {
    StreamsBuilder builder = topology(System.getenv("INPUT_TOPIC"), System.getenv("OUTPUT_TOPIC"));
    KafkaStreams streams = new KafkaStreams(builder.build(), config());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(20))));
    streams.start();
  }
}
