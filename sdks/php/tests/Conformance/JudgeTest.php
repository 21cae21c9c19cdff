<?php

declare(strict_types=1);

namespace Licet\Tests\Conformance;

use Licet\Internal\Clock;
use Licet\Internal\Feed;
use Licet\Internal\Json;
use Licet\Internal\Judge;
use Licet\Internal\Proof;
use Licet\Internal\Record;
use Licet\Internal\Ruling;
use Licet\Internal\Terms;
use Licet\Internal\Token;
use Licet\Internal\Verdict;
use Licet\Internal\Verification;
use Licet\Response;
use Licet\Tests\Vectors;
use Licet\TokenError;
use PHPUnit\Framework\TestCase;
use stdClass;

final class JudgeTest extends TestCase
{
    /** @dataProvider provideTokens */
    public function testToken(stdClass $case): void
    {
        $options = $case->options;
        $found = $this->verify($case->text, $options);
        foreach (get_object_vars($case->expected) as $name => $value) {
            self::assertEquals($value, $found->{$name} ?? null, $name);
        }
    }

    public function provideTokens(): iterable
    {
        $describe = fn (stdClass $case) => "$case->id: $case->description";
        return Vectors::name('tokens.json', Vectors::read('tokens.json')->cases, $describe);
    }

    /** @dataProvider provideCases */
    public function testJudge(stdClass $case): void
    {
        $stored = Json::encode($case->record);
        foreach ($case->steps as $step) {
            $options = (object) [...(array) $case->options, ...(array) ($step->options ?? [])];
            $record = Record::parse($stored);
            try {
                $result = $this->runStep($record, $step, $options);
            } catch (TokenError $error) {
                $result = (object) ['error' => $error->code, 'record' => $record];
            }
            Vectors::assertMatches($step->expected, $result);
            $stored = Json::encode($result->record);
        }
    }

    public function provideCases(): iterable
    {
        $describe = fn (stdClass $case) => "$case->id: $case->description";
        return Vectors::name('judge.json', Vectors::read('judge.json')->cases, $describe);
    }

    private function verify(string $text, stdClass $options): stdClass
    {
        $terms = self::readTerms($options);
        try {
            $feed = Feed::parse($options->feed ?? null);
            $token = Verification::verify($text, $options->type, $options->now, $terms, $feed, self::readProof($options));
        } catch (TokenError $error) {
            return (object) ['ok' => false, 'code' => $error->code];
        }
        $claims = (array) $token->claims;
        if ($token->type === Token::ANSWER || $token->type === Token::REVOCATIONS) {
            return (object) ['ok' => true, ...$claims];
        }
        $ruling = Judge::judgeOpened(new Record(), [$token], $options->now, $terms);
        $clock = Clock::read(0, [$token->claims->iat], $options->now, 0);
        $status = $ruling->state->status->value;
        return (object) ['ok' => true, 'state' => $status, 'refresh' => $ruling->refresh, 'clockBehind' => $clock->isBehind];
    }

    private function runStep(Record $record, stdClass $step, stdClass $options): Ruling
    {
        $terms = self::readTerms($options);
        $ruling = match (true) {
            isset($step->importFile) => Judge::addFile($record, $step->now, $step->importFile, $terms),
            isset($step->importRevocations) => Judge::addRevocations($record, $step->now, $step->importRevocations, $terms),
            default => Judge::judge($record, $step->now, $this->readVerdict($record, $step, $options), $terms),
        };
        $state = Judge::requireFeatures($ruling->state, $options->features ?? []);
        return new Ruling($state, $ruling->record, $ruling->refresh);
    }

    private function readVerdict(Record $record, stdClass $step, stdClass $options): ?Verdict
    {
        if (!isset($step->outcome->status)) {
            return null;
        }
        ['status' => $status, 'headers' => $headers, 'body' => $body] = (array) $step->outcome;
        $response = new Response($status, (array) $headers, $body);
        $found = Verdict::read($response, self::readTerms($options), self::readProof($options), $record->feed);
        return $found instanceof Verdict ? $found : null;
    }

    private static function readTerms(stdClass $options): Terms
    {
        return new Terms(
            $options->publicKeys ?? [],
            $options->product ?? null,
            $options->fingerprint ?? null,
            $options->domain ?? null,
            $options->refresh ?? 86_400,
            $options->hardLimit ?? 2_592_000,
            $options->builtAt ?? 0,
        );
    }

    private static function readProof(stdClass $options): Proof
    {
        return new Proof($options->nonce ?? null, $options->requestBody ?? null, $options->route ?? null);
    }
}
