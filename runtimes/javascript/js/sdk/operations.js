// What the clients export: the operations and errors of each service, as the models name them that the engine checks requests with
// (crates/engine/models). An operation that the engine does not have is refused by it, by name.

/** By package: the client's name, the service's, its operations and its errors. */
export const SERVICES = {
  "@aws-sdk/client-lambda": {
    client: "Lambda",
    service: "lambda",
    operations: `
      AddLayerVersionPermission AddPermission CheckpointDurableExecution CreateAlias CreateCapacityProvider CreateCodeSigningConfig
      CreateEventSourceMapping CreateFunction CreateFunctionUrlConfig DeleteAlias DeleteCapacityProvider DeleteCodeSigningConfig
      DeleteDurableExecution DeleteEventSourceMapping DeleteFunction DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency
      DeleteFunctionEventInvokeConfig DeleteFunctionUrlConfig DeleteLayerVersion DeleteProvisionedConcurrencyConfig DeleteResourcePolicy
      GetAccountSettings GetAlias GetCapacityProvider GetCodeSigningConfig GetDurableExecution GetDurableExecutionHistory
      GetDurableExecutionState GetEventSourceMapping GetFunction GetFunctionCodeSigningConfig GetFunctionConcurrency
      GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetFunctionUrlConfig
      GetLayerVersion GetLayerVersionByArn GetLayerVersionPolicy GetPolicy GetProvisionedConcurrencyConfig GetResourcePolicy
      GetRuntimeManagementConfig Invoke InvokeAsync InvokeWithResponseStream ListAliases ListCapacityProviders ListCodeSigningConfigs
      ListDurableExecutionsByFunction ListEventSourceMappings ListFunctionEventInvokeConfigs ListFunctionUrlConfigs
      ListFunctionVersionsByCapacityProvider ListFunctions ListFunctionsByCodeSigningConfig ListLayerVersions ListLayers
      ListProvisionedConcurrencyConfigs ListTags ListVersionsByFunction PauseDurableExecution PublishLayerVersion PublishVersion
      PutFunctionCodeSigningConfig PutFunctionConcurrency PutFunctionEventInvokeConfig PutFunctionRecursionConfig
      PutFunctionScalingConfig PutProvisionedConcurrencyConfig PutResourcePolicy PutRuntimeManagementConfig RemoveLayerVersionPermission
      RemovePermission ResumeDurableExecution SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat
      SendDurableExecutionCallbackSuccess StopDurableExecution TagResource UntagResource UpdateAlias UpdateCapacityProvider
      UpdateCodeSigningConfig UpdateEventSourceMapping UpdateFunctionCode UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig
      UpdateFunctionUrlConfig
    `,
    errors: `
      AliasLimitExceededException CallbackTimeoutException CapacityProviderLimitExceededException CodeArtifactUserDeletedException
      CodeArtifactUserFailedException CodeArtifactUserPendingException CodeSigningConfigNotFoundException CodeStorageExceededException
      CodeVerificationFailedException DurableExecutionAlreadyStartedException EC2AccessDeniedException EC2ThrottledException
      EC2UnexpectedException EFSIOException EFSMountConnectivityException EFSMountFailureException EFSMountTimeoutException
      ENILimitReachedException ENINotReadyException FunctionVersionsPerCapacityProviderLimitExceededException
      InvalidCodeSignatureException InvalidParameterValueException InvalidRequestContentException InvalidRuntimeException
      InvalidSecurityGroupIDException InvalidSubnetIDException InvalidZipFileException KMSAccessDeniedException KMSDisabledException
      KMSInvalidStateException KMSNotFoundException ModeNotSupportedException NoPublishedVersionException PolicyLengthExceededException
      PreconditionFailedException ProvisionedConcurrencyConfigNotFoundException PublicPolicyException RecursiveInvocationException
      RequestTooLargeException ResourceConflictException ResourceInUseException ResourceNotFoundException ResourceNotReadyException
      RuntimeAliasDeletedException RuntimeVersionDeletedException S3FilesMountConnectivityException S3FilesMountFailureException
      S3FilesMountTimeoutException SerializedRequestEntityTooLargeException ServiceException ServiceQuotaExceededException
      SnapStartException SnapStartNotReadyException SnapStartRegenerationFailureException SnapStartTimeoutException
      SubnetIPAddressLimitReachedException TooManyRequestsException UnsupportedMediaTypeException
    `,
  },
  "@aws-sdk/client-sfn": {
    client: "SFN",
    service: "states",
    operations: `
      CreateActivity CreateStateMachine CreateStateMachineAlias DeleteActivity DeleteStateMachine DeleteStateMachineAlias
      DeleteStateMachineVersion DescribeActivity DescribeExecution DescribeMapRun DescribeStateMachine DescribeStateMachineAlias
      DescribeStateMachineForExecution GetActivityTask GetExecutionHistory ListActivities ListExecutions ListMapRuns
      ListStateMachineAliases ListStateMachineVersions ListStateMachines ListTagsForResource PublishStateMachineVersion RedriveExecution
      SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution StopExecution TagResource TestState
      UntagResource UpdateMapRun UpdateStateMachine UpdateStateMachineAlias ValidateStateMachineDefinition
    `,
    errors: `
      ActivityAlreadyExists ActivityDoesNotExist ActivityLimitExceeded ActivityWorkerLimitExceeded ConflictException
      ExecutionAlreadyExists ExecutionDoesNotExist ExecutionLimitExceeded ExecutionNotRedrivable InvalidArn InvalidDefinition
      InvalidEncryptionConfiguration InvalidExecutionInput InvalidLoggingConfiguration InvalidName InvalidOutput InvalidToken
      InvalidTracingConfiguration KmsAccessDeniedException KmsInvalidStateException KmsThrottlingException MissingRequiredParameter
      ResourceNotFound ServiceQuotaExceededException StateMachineAlreadyExists StateMachineDeleting StateMachineDoesNotExist
      StateMachineLimitExceeded StateMachineTypeNotSupported TaskDoesNotExist TaskTimedOut TooManyTags ValidationException
    `,
  },
  "@aws-sdk/client-sqs": {
    client: "SQS",
    service: "sqs",
    operations: `
      AddPermission CancelMessageMoveTask ChangeMessageVisibility ChangeMessageVisibilityBatch CreateQueue DeleteMessage
      DeleteMessageBatch DeleteQueue GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags
      ListQueues PurgeQueue ReceiveMessage RemovePermission SendMessage SendMessageBatch SetQueueAttributes StartMessageMoveTask
      TagQueue UntagQueue
    `,
    errors: `
      BatchEntryIdsNotDistinct BatchRequestTooLong EmptyBatchRequest InvalidAddress InvalidAttributeName InvalidAttributeValue
      InvalidBatchEntryId InvalidIdFormat InvalidMessageContents InvalidSecurity KmsAccessDenied KmsDisabled KmsInvalidKeyUsage
      KmsInvalidState KmsNotFound KmsOptInRequired KmsThrottled MessageNotInflight OverLimit PurgeQueueInProgress QueueDeletedRecently
      QueueDoesNotExist QueueNameExists ReceiptHandleIsInvalid RequestThrottled ResourceNotFoundException TooManyEntriesInBatchRequest
      UnsupportedOperation
    `,
  },
  "@aws-sdk/client-sns": {
    client: "SNS",
    service: "sns",
    operations: `
      AddPermission ConfirmSubscription CreateTopic DeleteTopic GetSubscriptionAttributes GetTopicAttributes ListSubscriptions
      ListSubscriptionsByTopic ListTagsForResource ListTopics Publish PublishBatch RemovePermission SetSubscriptionAttributes
      SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource
    `,
    errors: `
      AuthorizationErrorException BatchEntryIdsNotDistinctException BatchRequestTooLongException ConcurrentAccessException
      EmptyBatchRequestException EndpointDisabledException FilterPolicyLimitExceededException InternalErrorException
      InvalidBatchEntryIdException InvalidParameterException InvalidParameterValueException InvalidSecurityException
      InvalidStateException KMSAccessDeniedException KMSDisabledException KMSInvalidStateException KMSNotFoundException KMSOptInRequired
      KMSThrottlingException NotFoundException PlatformApplicationDisabledException ReplayLimitExceededException
      ResourceNotFoundException StaleTagException SubscriptionLimitExceededException TagLimitExceededException TagPolicyException
      TooManyEntriesInBatchRequestException TopicLimitExceededException ValidationException
    `,
  },
  "@aws-sdk/client-eventbridge": {
    client: "EventBridge",
    service: "events",
    operations: `
      CancelReplay CreateArchive CreateConnection CreateEventBus DeleteArchive DeleteEventBus DeleteRule DescribeArchive
      DescribeEventBus DescribeReplay DescribeRule DisableRule EnableRule ListArchives ListEventBuses ListReplays ListRuleNamesByTarget
      ListRules ListTagsForResource ListTargetsByRule PutEvents PutPermission PutRule PutTargets RemovePermission RemoveTargets
      StartReplay TagResource TestEventPattern UntagResource UpdateArchive UpdateEventBus
    `,
    errors: `
      AccessDeniedException ConcurrentModificationException IllegalStatusException InternalException InvalidEventPatternException
      InvalidStateException LimitExceededException ManagedRuleException OperationDisabledException PolicyLengthExceededException
      ResourceAlreadyExistsException ResourceNotFoundException ThrottlingException
    `,
  },
  "@aws-sdk/client-scheduler": {
    client: "Scheduler",
    service: "scheduler",
    operations: `
      CreateSchedule CreateScheduleGroup DeleteSchedule DeleteScheduleGroup GetSchedule GetScheduleGroup ListScheduleGroups
      ListSchedules ListTagsForResource TagResource UntagResource UpdateSchedule
    `,
    errors: `
      ConflictException InternalServerException ResourceNotFoundException ServiceQuotaExceededException ThrottlingException
      ValidationException
    `,
  },
};
