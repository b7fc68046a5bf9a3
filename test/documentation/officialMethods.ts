/**
 * The public methods of the official SDKs, by the section of `docs/coming-from-the-official-sdks.md` that has to name
 * them. TypeScript: the declarations of `@daytonaio/sdk` 0.218.0 and stromboli-ts. Go: the sources and READMEs of their
 * Go SDKs.
 */
export interface OfficialMethods {
  readonly section: string
  readonly of: string
  readonly names: string
}

export const officialMethods: ReadonlyArray<OfficialMethods> = [
  { section: "Daytona: the client", of: "TS Daytona", names: "Symbol.asyncDispose createAxiosInstance" },
  {
    section: "Daytona: the client",
    of: "TS DaytonaConfig",
    names: "apiKey jwtToken organizationId apiUrl serverUrl target otelEnabled useDeprecatedPolling requestTimeoutMs"
  },
  {
    section: "Daytona: the client",
    of: "Go Client",
    names: "NewClient NewClientWithConfig Close ConvertAPIError ConvertToolboxError WithTimeout Version"
  },
  {
    section: "Daytona: sandboxes",
    of: "TS Daytona",
    names: "create get list start stop fork _experimental_fork delete"
  },
  {
    section: "Daytona: sandboxes",
    of: "TS Sandbox",
    names:
      "getUserHomeDir getMetricsLatest getMetrics getUserRootDir getWorkDir createLspServer setLabels start recover stop fork _experimental_fork createSnapshot _experimental_createSnapshot pause delete waitUntilStarted waitUntilStopped refreshData refreshActivity setAutostopInterval setAutoPauseInterval setTtl setAutoArchiveInterval setAutoDeleteInterval updateNetworkSettings updateSecrets updateEnv getPreviewLink downloadUrl uploadUrl rotateSigningKey getSignedPreviewUrl expireSignedPreviewUrl archive resize waitForResizeComplete createSshAccess revokeSshAccess validateSshAccess"
  },
  {
    section: "Daytona: sandboxes",
    of: "Go Client and Sandbox",
    names:
      "Create Get FindOne List ListSeq Start StartWithTimeout Recover Stop StopWithTimeout Delete DeleteWithTimeout DeleteAndWait Archive Pause PauseWithTimeout Resize ResizeWithTimeout WaitForResize Fork ForkWithTimeout CreateSnapshot CreateSnapshotWithTimeout WaitForStart WaitForStop RefreshData SetLabels SetAutoArchiveInterval SetAutoDeleteInterval UpdateNetworkSettings UpdateSecrets UpdateEnv GetPreviewLink GetSignedPreviewLink ExpireSignedPreviewLink DownloadURL UploadURL RotateSigningKey GetUserHomeDir GetWorkingDir GetMetrics GetMetricsLatest CreateLspServer Lsp WithWaitForStart WithLogChannel"
  },
  {
    section: "Daytona: snapshots, volumes, secrets, warm pools",
    of: "TS SnapshotService and ObjectStorage",
    names: "snapshot.list snapshot.get snapshot.create snapshot.delete snapshot.activate processImageContext upload"
  },
  {
    section: "Daytona: snapshots, volumes, secrets, warm pools",
    of: "TS VolumeService, SecretService and WarmPoolService",
    names: "volume.list volume.get volume.create volume.delete secret.list warmPool.list get create update delete"
  },
  {
    section: "Daytona: snapshots, volumes, secrets, warm pools",
    of: "Go services",
    names: "ListWithQuery DeleteByNameOrID WaitForReady"
  },
  {
    section: "Daytona: images",
    of: "TS Image",
    names:
      "dockerfile contextList pipInstall pipInstallFromRequirements pipInstallFromPyproject addLocalFile addLocalDir runCommands env workdir entrypoint cmd dockerfileCommands fromDockerfile base debianSlim"
  },
  {
    section: "Daytona: images",
    of: "Go DockerImage",
    names:
      "Base DebianSlim FromDockerfile PipInstall AptGet Run Env Workdir Entrypoint Cmd User Copy Add Expose Label Volume AddLocalFile AddLocalDir Dockerfile Contexts"
  },
  {
    section: "Daytona: commands and sessions",
    of: "TS Process",
    names:
      "executeCommand codeRun createSession getSession getEntrypointSession getSessionCommand executeSessionCommand getSessionCommandLogs getEntrypointLogs sendSessionCommandInput listSessions deleteSession"
  },
  {
    section: "Daytona: commands and sessions",
    of: "Go Process",
    names:
      "ExecuteCommand CodeRun CreateSession GetSession ListSessions DeleteSession GetEntrypointSession ExecuteSessionCommand GetSessionCommand GetSessionCommandLogs GetEntrypointLogs GetSessionCommandLogsStream GetEntrypointLogsStream"
  },
  {
    section: "Daytona: terminals",
    of: "TS Process and PtyHandle",
    names:
      "createPty connectPty listPtySessions getPtySessionInfo killPtySession resizePtySession exitCode error isConnected waitForConnection sendInput resize disconnect wait kill onData sessionId"
  },
  {
    section: "Daytona: terminals",
    of: "Go Process and PtyHandle",
    names:
      "CreatePty ConnectPty CreatePtySession ListPtySessions GetPtySessionInfo KillPtySession ResizePtySession DataChan Read Write SendInput Resize Kill Wait WaitForConnection IsConnected Disconnect ExitCode Error SessionID"
  },
  { section: "Daytona: Python", of: "both", names: "runCode createContext listContexts deleteContext" },
  {
    section: "Daytona: files",
    of: "TS FileSystem",
    names:
      "createFolder deleteFile downloadFile downloadFileStream downloadFiles findFiles getFileDetails listFiles moveFiles replaceInFiles searchFiles setFilePermissions uploadFile uploadFileStream uploadFiles"
  },
  {
    section: "Daytona: files",
    of: "Go FileSystem",
    names:
      "ListFiles GetFileInfo CreateFolder DeleteFile MoveFiles SetFilePermissions SearchFiles FindFiles ReplaceInFiles UploadFile UploadFileStream DownloadFile DownloadFileStream"
  },
  {
    section: "Daytona: git",
    of: "both",
    names:
      "add branches createBranch deleteBranch checkoutBranch Checkout clone commit push pull status init reset restore remoteAdd remotes remoteGet setConfig getConfig configureUser dangerouslyAuthenticate"
  },
  {
    section: "Daytona: language servers",
    of: "both",
    names: "start stop didOpen didClose documentSymbols workspaceSymbols sandboxSymbols completions"
  },
  {
    section: "Daytona: the desktop",
    of: "both",
    names:
      "start stop getStatus getProcessStatus restartProcess getProcessLogs getProcessErrors getPosition move click drag scroll type press hotkey takeFullScreen takeRegion takeCompressed takeCompressedRegion getInfo getWindows list get delete download getTree findNodes focusNode invokeNode setNodeValue"
  },
  {
    section: "Daytona: errors",
    of: "TS",
    names:
      "DaytonaError DaytonaBadRequestError DaytonaAuthenticationError DaytonaForbiddenError DaytonaNotFoundError DaytonaTimeoutError DaytonaConflictError DaytonaGoneError DaytonaUnprocessableEntityError DaytonaRateLimitError DaytonaInternalServerError DaytonaBadGatewayError DaytonaServiceUnavailableError DaytonaValidationError DaytonaAuthorizationError DaytonaInvalidArgumentError DaytonaConnectionError DaytonaConnectionTimeoutError DaytonaGitAuthFailedError DaytonaGitRepoNotFoundError DaytonaGitBranchNotFoundError DaytonaGitBranchExistsError DaytonaGitPushRejectedError DaytonaGitDirtyWorktreeError DaytonaGitMergeConflictError DaytonaGitTransportFailedError DaytonaGitRemoteRejectedError DaytonaFileNotFoundError DaytonaFileAccessDeniedError DaytonaInvalidFilePathError DaytonaFileReadFailedError DaytonaLspServerNotInitializedError DaytonaProcessExecutionTimeoutError DaytonaProcessNotFoundError DaytonaSessionEndedError DaytonaCommandAlreadyCompletedError DaytonaA11yUnavailableError DaytonaRecordingStillActiveError DaytonaRecordingFfmpegNotFoundError"
  },
  {
    section: "Daytona: options of the Go SDK",
    of: "Go options",
    names:
      "WithBranch WithCommitId WithUsername WithPassword WithCwd WithCommandEnv WithExecuteTimeout WithCustomContext WithEnv WithInterpreterTimeout WithCreatePtySize WithCreatePtyEnv WithMode WithPermissionMode WithOwner WithGroup WithIndexURL WithExtraIndexURLs WithFindLinks WithPre WithExtraOptions WithAllowEmpty WithForce Apply"
  },
  {
    section: "Stromboli",
    of: "stromboli-go",
    names:
      "NewClient WithTimeout WithStreamTimeout WithRetries WithHTTPClient WithUserAgent WithToken WithRequestHook WithResponseHook SetLogger Health ClaudeStatus IsHealthy Run RunAsync Stream Stream.Next Event Err Close Events EventsWithContext ListJobs GetJob CancelJob ListSessions DestroySession GetMessages GetMessage GetToken RefreshToken ValidateToken Logout SetToken ClearToken ListSecrets CreateSecret GetSecret DeleteSecret ListImages GetImage SearchImages PullImage Version APIVersion APIVersionRange IsCompatible CheckCompatibility MustBeCompatible RunResponse.IsSuccess Job.IsCompleted IsRunning IsFailed IsCancelled IsPending CreatedAtTime UpdatedAtTime TimestampTime CreatedTime Message.ContentAsString Message.ContentAsBlocks Model.String"
  },
  {
    section: "Stromboli",
    of: "stromboli-ts",
    names:
      "timeout retries retryDelay retryBackoff onRequest onResponse onError debug health claudeStatus run runAsync stream StreamOptions.idleTimeout StreamOptions.connectionTimeout maxDuration signal listJobs getJob cancelJob waitForJob listSessions deleteSession getSessionMessages authenticate refreshToken validateToken logout setAuthToken getAuthToken isAuthenticated listSecrets SDK_VERSION API_VERSION_RANGE isCompatible SimpleRunRequest createStromboliClient"
  },
  {
    section: "Errors of the Stromboli clients",
    of: "both",
    names:
      "ErrNotFound ErrTimeout ErrUnauthorized ErrBadRequest ErrInternal ErrUnavailable ErrSecretExists ErrInvalidSecretName ErrImageNotFound ErrImagePullFailed ErrRateLimited HTTP_ERROR NETWORK_ERROR TIMEOUT_ERROR ABORTED STREAM_ERROR CONNECTION_TIMEOUT IDLE_TIMEOUT MAX_DURATION_EXCEEDED CANCELLED"
  }
]
